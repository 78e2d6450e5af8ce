import Foundation
import TestSupport
import Testing

/// `scripts/test` with stand-ins for all that it calls.
@Suite struct `The script that runs the tests` {
    private let folder: ScriptFolder

    init() throws {
        folder = try ScriptFolder("test")
        for name in ["setup", "axe-core", "test-compose"] { try folder.standIn(for: "scripts/\(name)") }
    }

    /// What the script prints when the tests print this and do that.
    private func output(ofTestsThatPrint text: String, then command: String) async throws -> String {
        try Data(text.utf8).write(to: folder.file("printed"))
        try folder.standIn(for: "bin/swift", "[ \"$1\" = test ] || exit 0; cat printed; \(command)")
        return try await folder.run("--some", "argument")
    }

    @Test func `says every failure again at its end, cut, and fails as the tests have failed`() async throws {
        let long = String(repeating: "x", count: 1 << 20)
        let text = """
            ↳ Testing Library Version: 6.3.1
            ◇ Test "a name" started.
            ✘ Test "a name" recorded an issue with 1 argument text → "\(long)" at A.swift:5:9: Expectation failed
            ↳ a sentence about it
            ± inserted ["a value"]
            NOT TRUE is no fault in the middle of a line that says so without a colon
                3.5 s  NOT TRUE: no order is lost
            FAIL kill-orders: 3 orders; not true: no order is lost
            \(String(repeating: "✔ Test \"another\" passed after 0.001 seconds.\n", count: 1000))
            ✘ Test run with 1001 tests in 1 suite failed after 1 second with 1 issue.

            """
        let error = await #expect(throws: ClusterError.self) {
            try await output(ofTestsThatPrint: text, then: "exit 7")
        }
        let said = try #require(error?.description)
        #expect(said.hasPrefix("scripts/test ended with 7:"))
        let end = try #require(said.split(separator: "\nWhat failed:\n\n").last)
        #expect(
            end.split(separator: "\n").map { $0.prefix(30) } == [
                "✘ Test \"a name\" recorded an issue with 1 argument text → \"".prefix(30), "↳ a sentence about it",
                "± inserted [\"a value\"]",
                "    3.5 s  NOT TRUE: no order is lost".prefix(30), "FAIL kill-orders: 3 orders; not true".prefix(30),
            ])
        #expect(end.utf8.count < 1000)
        #expect(try folder.litter == [])
    }

    @Test func `adds nothing when all is well`() async throws {
        let text = "✔ Test \"a name\" passed.\n✔ Test run with 1 test in 1 suite passed after 0.001 seconds.\n"
        #expect(try await output(ofTestsThatPrint: text, then: "exit 0") == text)
        #expect(try folder.litter == [])
    }
}

import Foundation
import TestSupport
import Testing

/// Runs `scripts/test` with stubs of all programs that it calls.
@Suite struct TestScriptTests {
    private let folder: ScriptFolder

    init() throws {
        folder = try ScriptFolder("test")
        for name in ["setup", "axe-core", "test-compose"] { try folder.stub("scripts/\(name)") }
    }

    /// The output of the script if the tests print `text` and then run `command`.
    private func output(ofTestsThatPrint text: String, then command: String) async throws -> String {
        try Data(text.utf8).write(to: folder.file("printed"))
        try folder.stub("bin/swift", "[ \"$1\" = test ] || exit 0; cat printed; \(command)")
        return try await folder.run("--some", "argument")
    }

    @Test func `the test script repeats shortened failures at its end and exits with the status of the tests`()
        async throws
    {
        let long = String(repeating: "x", count: 1 << 20)
        let text = """
            ↳ Testing Library Version: 6.3.1
            ◇ Test "a name" started.
            ✘ Test "a name" recorded an issue with 1 argument text → "\(long)" at A.swift:5:9: Expectation failed
            ↳ a sentence about it
            ± inserted ["a value"]
            NOT TRUE is no failure without a colon
                3.5 s  NOT TRUE: no order is lost
            FAIL kill-orders: 3 orders; not true: no order is lost
            \(String(repeating: "✔ Test \"another\" passed after 0.001 seconds.\n", count: 1000))
            ✘ Test run with 1001 tests in 1 suite failed after 1 second with 1 issue.

            """
        let error = await #expect(throws: ClusterError.self) {
            try await output(ofTestsThatPrint: text, then: "exit 7")
        }
        let message = try #require(error?.description)
        #expect(message.hasPrefix("scripts/test ended with 7:"))
        #expect(message.utf8.count < 100_000)
        let end = try #require(message.split(separator: "\nWhat failed:\n\n").last)
        #expect(
            end.split(separator: "\n").map { $0.prefix(30) } == [
                "✘ Test \"a name\" recorded an issue with 1 argument text → \"".prefix(30), "↳ a sentence about it",
                "± inserted [\"a value\"]",
                "    3.5 s  NOT TRUE: no order is lost".prefix(30), "FAIL kill-orders: 3 orders; not true".prefix(30),
            ])
        #expect(end.utf8.count < 1000)
        #expect(try folder.remainingFiles == [])
    }

    @Test func `the test script adds no output if all tests pass`() async throws {
        let text = "✔ Test \"a name\" passed.\n✔ Test run with 1 test in 1 suite passed after 0.001 seconds.\n"
        #expect(try await output(ofTestsThatPrint: text, then: "exit 0") == text)
        #expect(try folder.remainingFiles == [])
    }

    @Test func `the quick tests run first, all others run after a failure, and every failure is repeated at the end`()
        async throws
    {
        try folder.stub(
            "bin/swift",
            """
            [ "$1" = test ] || exit 0
            case $3${DATABASE:-} in
              --skip) echo '✘ Test "quick" recorded an issue at A.swift:1:1: no'; exit 3 ;;
              --filterpostgresql) echo '✘ Test "stores" recorded an issue at S.swift:1:1: no'; exit 5 ;;
              --filter) echo '✘ Test "slow" recorded an issue at '$#'.swift:1:1: no'; exit 4 ;;
            esac
            """)
        try folder.stub("scripts/test-compose", "echo 'The containers pass.'")
        let error = await #expect(throws: ClusterError.self) { try await folder.run() }
        let lines = try #require(error?.description).split(separator: "\n").map(String.init)
        let (quick, stores, slow, copies) = (
            "✘ Test \"quick\" recorded an issue at A.swift:1:1: no",
            "✘ Test \"stores\" recorded an issue at S.swift:1:1: no",
            "✘ Test \"slow\" recorded an issue at 6.swift:1:1: no",
            "✘ Test \"slow\" recorded an issue at 4.swift:1:1: no"
        )
        #expect(lines.first?.hasPrefix("scripts/test ended with ") == true)
        #expect(
            lines.dropFirst() == [
                "Running the quick tests …", quick, "What failed:", quick,
                "Running the tests of the services on PostgreSQL …", stores,
                "Running the tests with browsers and services …", slow,
                "Running the tests that build a copy of the project …", copies, "The containers pass.", "What failed:",
                quick, stores, slow, copies,
            ])
    }

    @Test func `the test script names the tests that were running when its time was over`() async throws {
        try folder.stub("bin/swift")
        // After SIGTERM, the process of the tests would go on.
        try folder.stub("bin/timeout", "case $* in --signal=INT*) cat printed; exit 124 ;; esac")
        let text = """
            ◇ Test run started.
            ◇ Test "ends" started.
            ◇ Test "fails" started.
            ◇ Test "hangs" started.
            ✔ Test "ends" with 2 test cases passed after 0.001 seconds.
            ✘ Test "fails" failed after 0.001 seconds with 1 issue.

            """
        try Data(text.utf8).write(to: folder.file("printed"))
        let error = await #expect(throws: ClusterError.self) { try await folder.run("--some", "argument") }
        let message = try #require(error?.description)
        #expect(message.hasPrefix("scripts/test ended with 124:"))
        #expect(message.contains("did not end in 120 minutes. These were running:\n  Test \"hangs\"\n"))
        #expect(!message.contains("  Test \"ends\"") && !message.contains("  Test \"fails\""))
        #expect(try folder.remainingFiles == [])
    }
}

import TestSupport
import Testing

@Suite struct OutputTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try Command.shell(
            "cd '\(folder.path)' && \"$0\" keys new --file keys.json && echo '{}' | \"$0\" sign --keys keys.json >token"
        )
    }

    @Test(arguments: [
        "sign --keys keys.json <<<'{}'", "verify --keys keys.json <token", "inspect <token",
        "explain --keys keys.json --for orders <token",
        "keys list --file keys.json", "verify --batch <<<'{}'", "--help", "keys rotate --help",
        "--generate-completion-script bash",
    ])
    func `a command that cannot write its output fails`(command: String) throws {
        let result = try Command.shell("cd '\(folder.path)' && \"$0\" \(command) >/dev/full")
        #expect(result.status == 1)
        #expect(result.error.hasPrefix("error: output: cannot write the output: "), "\(result.error)")
    }

    @Test(arguments: ["", "trap '' PIPE;"])
    func `a reader that has read enough ends the command without a message`(trap: String) throws {
        let lines = "for i in {1..20000}; do echo '{}'; done"
        let result = try Command.shell("\(trap) { \(lines); } 2>/dev/null | \"$0\" verify --batch | head -n 1")
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("{") && result.error == "", "\(result.error)")
    }
}

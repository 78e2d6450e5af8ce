import FoundationEssentials
import Glibc
import JWT

/// Standard input, standard output and the terminal.
enum Console {
    /// The maximum size of the input, or of one line with `--batch`, in bytes.
    static let maximumInputBytes = 8 * 1024 * 1024
    private static let newline = UInt8(ascii: "\n")

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var hasInput: Bool { isatty(STDIN_FILENO) == 0 }

    /// All of standard input, without a newline at its end.
    static func readInput() throws(CommandError) -> [UInt8] {
        var input: [UInt8] = []
        while let byte = readByte() {
            guard input.count < maximumInputBytes else { throw .tooLarge("the input") }
            input.append(byte)
        }
        if input.last == newline {
            input.removeLast()
            if input.last == UInt8(ascii: "\r") { input.removeLast() }
        }
        return input
    }

    /// The next line of standard input, without its newline; nil at the end. A line of more than `maximumInputBytes` is
    /// cut off after `maximumInputBytes + 1` bytes.
    static func readLine() -> [UInt8]? {
        guard var byte = readByte() else { return nil }
        var line: [UInt8] = []
        while byte != newline {
            if line.count <= maximumInputBytes { line.append(byte) }
            guard let next = readByte() else { break }
            byte = next
        }
        return line
    }

    private static func readByte() -> UInt8? {
        let byte = getchar_unlocked()
        return byte == EOF ? nil : UInt8(truncatingIfNeeded: byte)
    }

    /// Escapes a line for the terminal, prints it and flushes it. Any part of the line may come from a token.
    static func print(_ text: String) {
        Swift.print(text.escapedForTerminal)
        fflush(nil)
    }

    /// Prints a message on standard error and ends the process.
    ///
    /// It redirects standard output to standard error, because the command has printed nothing before.
    static func end(_ message: String, status: Int32) -> Never {
        dup2(STDERR_FILENO, STDOUT_FILENO)
        for line in message.split(separator: "\n", omittingEmptySubsequences: false) { print(String(line)) }
        exit(status)
    }
}

extension NumericDate {
    /// The current time of the system clock.
    static var now: NumericDate { NumericDate(seconds: Int64(Date.now.timeIntervalSince1970)) }
}

import FoundationEssentials
import Glibc
import JWT
import Synchronization
import SystemPackage

/// Standard input, standard output and the terminal.
enum Console {
    /// The maximum size of the input, or of one line with `--batch`, in bytes.
    static let maximumInputBytes = 8 * 1024 * 1024
    private static let newline = UInt8(ascii: "\n")
    private static let warnings = Mutex<[String]>([])

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

    /// Escapes a line for the terminal and prints it. Any part of the line may come from a token.
    static func print(_ text: String, closedPipeStatus: Int32 = EXIT_FAILURE) throws(CommandError) {
        try write(text.escapedForTerminal, closedPipeStatus: closedPipeStatus)
    }

    /// Prints lines that are safe for the terminal, without buffering. The process ends with `closedPipeStatus` if the reader
    /// of a pipe has closed it.
    ///
    /// - Throws: `CommandError` when they cannot be written, for example to a full disk.
    static func write(_ text: String, closedPipeStatus: Int32 = EXIT_FAILURE) throws(CommandError) {
        do {
            try FileDescriptor.standardOutput.writeAll("\(text)\n".utf8)
        } catch {
            // The reader of a pipe has read enough, as in `jwt inspect | head -n 1`.
            if (error as? Errno) == .brokenPipe { exit(closedPipeStatus) }
            throw CommandError(code: "output", sentence: "cannot write the output: \(error)")
        }
    }

    /// Adds a warning to those that `printWarnings` prints.
    static func warn(_ text: String) {
        warnings.withLock { $0.append(text) }
    }

    /// Prints the warnings on standard error. They come last, after the output or the error of the command.
    static func printWarnings() {
        for warning in warnings.withLock({ $0 }) { printOnStandardError("warning: \(warning)") }
    }

    /// Prints a message on standard error and ends the process.
    static func end(_ message: String, status: Int32) -> Never {
        printOnStandardError(message)
        printWarnings()
        exit(status)
    }

    private static func printOnStandardError(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            _ = try? FileDescriptor.standardError.writeAll("\(String(line).escapedForTerminal)\n".utf8)
        }
    }
}

extension NumericDate {
    /// The current time of the system clock.
    static var now: NumericDate { NumericDate(seconds: Int64(Date.now.timeIntervalSince1970)) }
}

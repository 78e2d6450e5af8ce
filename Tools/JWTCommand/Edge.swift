import FoundationEssentials
import Glibc
import JWT

/// What the command takes from the world around it: the clock, standard input and output, the terminal.
enum Edge {
    /// The largest input that is read, and the largest line of it, in bytes.
    static let maximumInputBytes = 8 * 1024 * 1024
    private static let newline = UInt8(ascii: "\n")

    static var now: NumericDate { NumericDate(seconds: Int64(Date.now.timeIntervalSince1970)) }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var hasInput: Bool { isatty(STDIN_FILENO) == 0 }

    /// All of standard input, without the newline at its end.
    static func readInput() throws(Failure) -> [UInt8] {
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

    /// The next line of standard input, without its newline; nil at the end. Of a line above `maximumInputBytes` no more is kept
    /// than shows that it is.
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

    /// Prints a line of which every part may come from a token, at once.
    static func print(_ text: String) {
        Swift.print(text.escapedForTerminal)
        fflush(nil)
    }

    /// Ends the process with a message on standard error. Nothing has been printed by then, so standard output can be
    /// turned to it.
    static func end(_ message: String, status: Int32) -> Never {
        dup2(STDERR_FILENO, STDOUT_FILENO)
        for line in message.split(separator: "\n", omittingEmptySubsequences: false) { print(String(line)) }
        exit(status)
    }
}

/// Why the command gives up, as it says it on standard error: `error: <code>: <sentence>`.
struct Failure: Error, CustomStringConvertible {
    let code: String
    let sentence: String

    init(_ code: String, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    init(_ error: JWTError) {
        self.init(error.code.rawValue, error.description)
    }

    init(_ error: KeyError) {
        self.init(JWTError.Code.key.rawValue, error.description)
    }

    static func tooLarge(_ what: String) -> Failure {
        Failure("limit", "\(what) has more than \(Edge.maximumInputBytes) bytes")
    }

    var description: String { "\(code): \(sentence)" }
}

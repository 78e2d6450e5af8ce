import FoundationEssentials
import Glibc
import JWT

/// What the command takes from the world around it: the clock, standard input and output, the terminal.
enum Edge {
    /// The largest input that is read, in bytes.
    static let maximumInputBytes = 8 * 1024 * 1024

    static var now: NumericDate { NumericDate(seconds: Int64(Date.now.timeIntervalSince1970)) }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var hasInput: Bool { isatty(STDIN_FILENO) == 0 }

    /// All of standard input, without the newline at its end.
    static func readInput() throws(Failure) -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) {
            text += line
            guard text.utf8.count <= maximumInputBytes else {
                throw Failure("limit", "the input has more than \(maximumInputBytes) bytes")
            }
        }
        if text.utf8.last == UInt8(ascii: "\n") { text.unicodeScalars.removeLast() }
        if text.utf8.last == UInt8(ascii: "\r") { text.unicodeScalars.removeLast() }
        return text
    }
}

/// Why the command gives up, as it says it on standard error: `error: <kind>: <sentence>`.
struct Failure: Error, CustomStringConvertible {
    let kind: String
    let sentence: String

    init(_ kind: String, _ sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }

    init(_ error: JWTError) {
        self.init(error.kind.rawValue, error.description)
    }

    init(_ error: KeyError) {
        self.init(JWTError.Kind.key.rawValue, error.description)
    }

    var description: String { "\(kind): \(sentence)" }

    /// Ends the process with 1. Nothing has been printed by then, so standard output can be turned to standard error.
    func end() -> Never {
        dup2(STDERR_FILENO, STDOUT_FILENO)
        print("error: \(self)")
        exit(1)
    }
}

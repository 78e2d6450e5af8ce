import JWT

/// The error with which the command ends. It is printed on standard error as `error: <code>: <sentence>`.
struct CommandError: Error, CustomStringConvertible {
    /// A code of `JWTError`, `output` or `probe`.
    let code: String
    let sentence: String

    init(code: String, sentence: String) {
        (self.code, self.sentence) = (code, sentence)
    }

    init(_ code: JWTError.Code, _ sentence: String) {
        self.code = code.rawValue
        self.sentence = sentence
    }

    init(_ error: JWTError) {
        self.init(error.code, error.description)
    }

    init(_ error: KeyError) {
        self.init(.key, error.description)
    }

    /// The error of a probe that cannot begin or go on.
    static func probe(_ sentence: String) -> CommandError { CommandError(code: "probe", sentence: sentence) }

    static func tooLarge(_ subject: String) -> CommandError {
        CommandError(.limit, "\(subject) has more than \(Console.maximumInputBytes) bytes")
    }

    var description: String { "\(code): \(sentence)" }

    /// Runs `body` and converts its error.
    static func convert<Value>(_ body: () throws(KeyError) -> Value) throws(CommandError) -> Value {
        do throws(KeyError) {
            return try body()
        } catch {
            throw CommandError(error)
        }
    }
}

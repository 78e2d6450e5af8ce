// The program that `instructions(of:)` of TestSupport runs below valgrind. It is a separate process because valgrind counts
// the instructions of a whole process.

import JWT
import Libcrypto
import ServiceRuntime

/// Repeats one operation: `CountedWork OPERATION SIZE REPETITIONS`.
@main enum CountedWork {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let size = Int(arguments[2]), let repetitions = Int(arguments[3]),
            let operation = operation(arguments[1], size)
        else { fatalError("usage: CountedWork OPERATION SIZE REPETITIONS") }
        for _ in 0..<repetitions { precondition(operation(), "the operation fails") }
    }

    /// Prepares an operation. It returns whether it succeeds.
    private static func operation(_ name: String, _ size: Int) -> (() -> Bool)? {
        if let text = ObjectShape(rawValue: name)?.object(size) {
            return { JWT.JSONValue.strings(ofObject: text) != nil && JWT.JSONValue(object: text) != nil }
        }
        if let text = LogText(rawValue: name)?.text(size) {
            return { !text.redacted().isEmpty }
        }
        guard name == "comparison" else { return nil }
        // The bytes differ at the index `size`.
        let bytes = [UInt8](repeating: 0x5A, count: 1 << 20)
        var other = bytes
        other[size] ^= 1
        return { [other] in !equalInConstantTime(bytes, other) }
    }
}

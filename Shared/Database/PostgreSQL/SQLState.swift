/// A code of an error of PostgreSQL (https://www.postgresql.org/docs/15/errcodes-appendix.html).
struct SQLState: Hashable, Sendable {
    /// Five characters, of which two name the class.
    let text: String

    static let connectionFailure = SQLState(text: "08006")

    private var isOfConnectionClass: Bool { text.hasPrefix("08") }

    /// Whether the whole transaction may succeed when it is repeated: a serialization failure or a deadlock.
    var isConflict: Bool { text == "40001" || text == "40P01" }

    /// Whether a statement that was prepared earlier must be prepared again: its tables have changed, or the server or a proxy
    /// no longer has it.
    var needsPreparation: Bool { text == "0A000" || text == "26000" }

    /// Whether the connection must not be used again: the server ends it or no longer accepts writes.
    var endsConnection: Bool {
        isOfConnectionClass || ["25006", "25P03", "25P04", "57P01", "57P02", "57P03", "57P04", "57P05"].contains(text)
    }

    /// Whether the message of the server may contain values of the statement.
    var mayNameValues: Bool { text.hasPrefix("22") || text.hasPrefix("P0") }

    var code: DatabaseError.Code {
        switch text {
        case "23505": .uniqueConstraint
        case "25006": .readOnly
        case "53100": .full
        case "55P03", "53300", "57014": .busy
        case "XX001", "XX002": .corrupt
        // The server has ended the session of a transaction that took too long.
        case "25P03", "25P04", "42501": .unavailable
        case _ where isConflict: .busy
        default:
            switch text.prefix(2) {
            case "23": .constraint
            case "22", "54": .invalidValue
            case "0A", "42", "25", "2B", "2D", "3B": .invalidStatement
            default: .unavailable
            }
        }
    }
}

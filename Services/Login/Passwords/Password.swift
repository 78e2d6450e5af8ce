import Foundation

/// A password as it is hashed: prepared by the OpaqueString profile (RFC 8265 §4.2), without the profile's table of
/// unassigned code points. Control characters are refused, other spaces become U+0020, the form is NFC, and case stays.
struct Password: Sendable {
    /// The size of the largest password, as UTF-8, in bytes: 128 characters of four bytes, of which NFC can make three times
    /// as many.
    static let maxBytes = 1536

    private static let lengths = 8...128

    let text: String
    var bytes: [UInt8] { Array(text.utf8) }

    /// Prepares what was typed. Nil when nobody can have such a password: empty, larger than `maxBytes`, or with control
    /// characters.
    init?(_ typed: String) {
        guard !typed.isEmpty, typed.utf8.count <= Self.maxBytes else { return nil }
        var scalars = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: return nil
            case .spaceSeparator: scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        let prepared = String(scalars).precomposedStringWithCanonicalMapping
        guard prepared.utf8.count <= Self.maxBytes else { return nil }
        text = prepared
    }

    /// Why `typed` must not be the password of a new account, as the rest of a sentence that begins with "password"; nil
    /// when it may. Each code point that was typed counts as one character (NIST SP 800-63B-4 §3.1.1.2), as in JSON Schema.
    static func objection(to typed: String, username: String) -> String? {
        guard lengths.contains(typed.unicodeScalars.count) else { return "must have 8 to 128 characters" }
        guard let password = Password(typed) else { return "must not have control characters" }
        let folded = password.text.lowercased()
        if folded.utf8.elementsEqual(username.lowercased().utf8) { return "must not be the user name" }
        if CommonPasswords.all.contains(folded) { return "is one of the commonest; choose another" }
        return nil
    }
}

extension Password: CustomStringConvertible {
    /// Shows nothing of the password.
    var description: String { "Password" }
}

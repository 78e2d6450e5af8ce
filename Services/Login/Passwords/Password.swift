import Foundation

/// A password as it is hashed: prepared by the OpaqueString profile (RFC 8265 §4.2), without the profile's table of
/// unassigned code points. Control characters are refused, other spaces become U+0020, the form is NFC, and case stays.
struct Password: Sendable {
    /// The size of the largest password, as UTF-8, in bytes: 128 characters of eight bytes.
    static let maxBytes = 1024

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

    /// Why this must not be the password of a new account, as the rest of a sentence that begins with "password"; nil
    /// when it may. Characters are counted as people see them: an emoji with its modifiers is one.
    func objection(username: String) -> String? {
        let folded = text.lowercased()
        if !Self.lengths.contains(text.count) { return Self.lengthRule }
        if folded.utf8.elementsEqual(username.lowercased().utf8) { return "must not be the user name" }
        if CommonPasswords.all.contains(folded) { return "is one of the commonest; choose another" }
        return nil
    }

    /// Why `typed` must not be the password of a new account; nil when it may.
    static func objection(to typed: String, username: String) -> String? {
        guard let password = Password(typed) else {
            return typed.utf8.count > maxBytes || typed.isEmpty ? lengthRule : "must not have control characters"
        }
        return password.objection(username: username)
    }

    private static let lengthRule = "must have 8 to 128 characters, and at most \(maxBytes) bytes"
}

extension Password: CustomStringConvertible {
    /// Shows nothing of the password.
    var description: String { "Password" }
}

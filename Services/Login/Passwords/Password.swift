import Foundation

/// A password in the form in which it is hashed: prepared by the OpaqueString profile (RFC 8265 §4.2), but without the
/// profile's table of unassigned code points.
///
/// Control characters are not allowed. Spaces of other kinds become U+0020, the text becomes NFC, and case stays.
struct Password: Sendable {
    /// The maximum size of a password in UTF-8, in bytes: 128 characters of four bytes, which NFC can make three
    /// times as long.
    static let maximumBytes = 1536

    /// The minimum number of characters of a new password, unless `PASSWORD_MIN_LENGTH` is set.
    static let minimumLength = 8
    /// The maximum number of characters of a new password.
    static let maximumLength = 128

    let text: String
    var bytes: [UInt8] { Array(text.utf8) }

    /// Prepares a typed password. Nil when no account can have it: it is empty, exceeds `maximumBytes`, or has control
    /// characters.
    init?(_ typed: String) {
        guard !typed.isEmpty, typed.utf8.count <= Self.maximumBytes else { return nil }
        var scalars = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: return nil
            case .spaceSeparator: scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        let prepared = String(scalars).precomposedStringWithCanonicalMapping
        guard prepared.utf8.count <= Self.maximumBytes else { return nil }
        text = prepared
    }

    /// The reason why `typed` cannot become the password of an account, as the rest of a sentence that begins with
    /// "password"; nil when it can.
    ///
    /// Each code point that was typed counts as one character (NIST SP 800-63B-4 §3.1.1.2), as in JSON Schema.
    static func rejectionReason(
        of typed: String, username: String, minimumLength: Int = minimumLength
    ) -> String? {
        guard (minimumLength...maximumLength).contains(typed.unicodeScalars.count) else {
            return "must have \(minimumLength) to \(maximumLength) characters"
        }
        guard let password = Password(typed) else { return "must not have control characters" }
        let folded = password.text.lowercased()
        if folded.utf8.elementsEqual(username.lowercased().utf8) { return "must not be the user name" }
        if CommonPasswords.all.contains(folded) { return "is one of the most common ones; choose another" }
        return nil
    }
}

extension Password: CustomStringConvertible {
    /// The name of the type: the password must not reach a log.
    var description: String { "Password" }
}

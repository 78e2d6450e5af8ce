/// Why a key or a key set was refused.
///
/// No part of a secret stands in it.
public struct KeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The ways to be wrong.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The secret has no bytes at all.
        public static let empty = Code(description: "empty")
        /// The secret is shorter than the hash of its algorithm (RFC 7518 section 3.2).
        public static let tooShort = Code(description: "tooShort")
        /// The secret is longer, or the set larger, than this module takes.
        public static let tooLarge = Code(description: "tooLarge")
        /// The secret is the text of a key of another kind, such as PEM or JWK (RFC 8725 section 3.1).
        public static let anotherKind = Code(description: "anotherKind")
        /// The secret is one that stands in examples.
        public static let placeholder = Code(description: "placeholder")
        /// The identifier is empty or too long.
        public static let identifier = Code(description: "identifier")
        /// Two keys of a set have the same identifier.
        public static let duplicateID = Code(description: "duplicateID")
        /// The text is not a JWK Set (RFC 7517 section 5).
        public static let notAKeySet = Code(description: "notAKeySet")
        /// A key of the set is not one for HMAC signatures (RFC 7517 section 4, RFC 7518 section 6.4).
        public static let unsupported = Code(description: "unsupported")
        /// A set needs at least one key.
        public static let noKeys = Code(description: "noKeys")
    }

    /// Which way it is wrong.
    public let code: Code
    /// One sentence that says what is wrong, and where it helps, what to do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

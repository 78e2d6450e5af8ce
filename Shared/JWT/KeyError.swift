/// The reason why a key or a key set is not allowed.
///
/// It holds no part of a secret.
public struct KeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reasons.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        /// The secret is empty.
        public static let empty = Code(description: "empty")
        /// The secret is shorter than the hash of its algorithm (RFC 7518 section 3.2).
        public static let tooShort = Code(description: "tooShort")
        /// The secret or the set exceeds its size limit.
        public static let tooLarge = Code(description: "tooLarge")
        /// The secret is a key of another kind, such as PEM or JWK (RFC 8725 section 3.1).
        public static let anotherKind = Code(description: "anotherKind")
        /// The secret is a published example.
        public static let placeholder = Code(description: "placeholder")
        /// The identifier is empty, too long, or not a string.
        public static let identifier = Code(description: "identifier")
        /// Two keys of a set have the same identifier.
        public static let duplicateID = Code(description: "duplicateID")
        /// The text is not a JWK Set (RFC 7517 section 5).
        public static let notAKeySet = Code(description: "notAKeySet")
        /// A key of the set is not for HMAC signatures (RFC 7517 section 4, RFC 7518 section 6.4).
        public static let unsupported = Code(description: "unsupported")
        /// The set has no keys.
        public static let noKeys = Code(description: "noKeys")
    }

    /// The reason.
    public let code: Code
    /// One sentence for people. If there is a remedy, it says what to do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

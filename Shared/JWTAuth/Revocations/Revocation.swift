public import JWT

/// A rule that rejects tokens which are signed and have not expired.
public struct Revocation: Sendable, Equatable {
    /// The claim by which a revocation selects tokens.
    public enum Kind: String, Sendable {
        /// All tokens of a session (`sid`).
        case session
        /// One token (`jti`).
        case token
        /// All tokens of an account (`sub`) that were issued before a time.
        case account
        /// All tokens of a registered client (`client_id`) that were issued before a time.
        case client

        /// Whether the revocation covers only tokens that were issued before a time.
        var requiresTime: Bool {
            switch self {
            case .session, .token: false
            case .account, .client: true
            }
        }
    }

    /// The claim whose value is `id`.
    public let kind: Kind
    /// The value of the claim.
    public let id: String
    /// If not nil, only tokens that were issued before this time are rejected.
    public let before: NumericDate?
    /// The time at which the last revoked token expires. Afterwards the revocation is no longer needed.
    public let expiresAt: NumericDate

    /// Creates a revocation. Some kinds require `before`.
    public init(kind: Kind, id: String, before: NumericDate? = nil, expiresAt: NumericDate) {
        self.kind = kind
        self.id = id
        self.before = before
        self.expiresAt = expiresAt
    }
}

extension Revocation {
    /// The maximum size of an id in bytes. The ids of Hallpass have 22 or 36 bytes.
    private static let maximumIDBytes = 128

    /// Reads `{"kind", "id", "before"?, "exp"}`; nil when `json` is anything else.
    ///
    /// Ids must be ASCII, because `String ==` and a comparison of bytes agree for ASCII text.
    init?(_ json: JSONValue) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init), let id = json["id"]?.string,
            (1...Self.maximumIDBytes).contains(id.utf8.count), id.utf8.allSatisfy({ $0 < 0x80 }),
            let expiry = json["exp"]?.integer
        else { return nil }
        let before = json["before"]?.integer
        guard !kind.requiresTime || before != nil else { return nil }
        self.init(
            kind: kind, id: id, before: before.map { NumericDate(seconds: $0) },
            expiresAt: NumericDate(seconds: expiry))
    }

    /// Whether this revocation covers a token that has its id. A token without a time of issue is covered.
    func covers(_ token: VerifiedToken) -> Bool {
        guard kind.requiresTime, let before, let issuedAt = token.issuedAt else { return true }
        return issuedAt < before
    }

    /// This revocation and one of the same kind and id as one, with the later `before` and the later expiry.
    func merged(with other: Revocation) -> Revocation {
        Revocation(
            kind: kind, id: id, before: before.map { max($0, other.before ?? $0) },
            expiresAt: max(expiresAt, other.expiresAt))
    }

    /// The JSON object that `init(_:)` reads.
    var json: JSONValue {
        let before = before.map { [JSONValue.Member("before", .integer($0.seconds))] } ?? []
        return .object(
            [.init("kind", .string(kind.rawValue)), .init("id", .string(id))] + before
                + [.init("exp", .integer(expiresAt.seconds))])
    }
}

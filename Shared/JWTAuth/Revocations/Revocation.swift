public import JWT

/// What the door refuses although it is signed and has not expired.
public struct Revocation: Sendable, Equatable {
    /// What the id is the id of.
    public enum Kind: String, Sendable {
        /// All tokens of a session (`sid`).
        case session
        /// One token (`jti`).
        case token
        /// All tokens of an account (`sub`) that were issued before a time.
        case account
    }

    /// What the id is the id of.
    public let kind: Kind
    /// The value of the claim that names it.
    public let id: String
    /// Of an account: tokens that were issued before this are refused.
    public let before: NumericDate?
    /// When the last of the tokens that it is about has expired, and with it its purpose.
    public let expiresAt: NumericDate

    /// A revocation; one of an account takes `before`.
    public init(kind: Kind, id: String, before: NumericDate? = nil, expiresAt: NumericDate) {
        self.kind = kind
        self.id = id
        self.before = before
        self.expiresAt = expiresAt
    }
}

/// A part of the feed, as a token of the type `TokenType.revocationPage` carries it.
public struct RevocationPage: Sendable {
    /// The number of the last revocation that is on the page, or was left out of it because it has expired.
    public let seq: Int64
    /// The word of the sequence that the number belongs to; another word means other numbers.
    public let epoch: String?
    /// Where the page begins: what was asked for. Nil when the issuer does not say.
    public var after: Int64?
    /// Whether it is the beginning of all that there is.
    public let isReset: Bool
    /// What is revoked, in the order in which it was.
    public let entries: [Revocation]

    /// A page of the feed.
    public init(seq: Int64, epoch: String?, after: Int64? = nil, isReset: Bool, entries: [Revocation]) {
        self.seq = seq
        self.epoch = epoch
        self.after = after
        self.isReset = isReset
        self.entries = entries
    }
}

extension RevocationPage {
    /// Reads the payload of a verified token. Nil when it is none of a revocation list.
    init?(_ token: VerifiedToken) {
        guard let payload = JSONValue(object: token.payload), let seq = payload["seq"]?.integer, seq >= 0,
            let isReset = payload["reset"]?.boolean, let list = payload["entries"]?.array
        else { return nil }
        let entries = list.compactMap(Revocation.init)
        guard entries.count == list.count else { return nil }
        self.init(
            seq: seq, epoch: payload["epoch"]?.string, after: payload["after"]?.integer, isReset: isReset,
            entries: entries)
    }

    /// The page as claims of the token that carries it, beside `iss`, `iat` and `exp`.
    public var claims: [JSONValue.Member] {
        let after = after.map { [JSONValue.Member("after", .integer($0))] } ?? []
        let epoch = epoch.map { [JSONValue.Member("epoch", .string($0))] } ?? []
        return after + epoch + [
            .init("seq", .integer(seq)), .init("reset", .boolean(isReset)),
            .init("entries", .array(entries.map(\.json))),
        ]
    }
}

extension Revocation {
    /// The longest id, in bytes. The ids of this system have 22 or 36.
    private static let maxIDBytes = 128

    /// Reads `{"kind", "id", "before"?, "exp"}`. Ids are ASCII, for which equal text and equal bytes are the same.
    fileprivate init?(_ json: JSONValue) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init), let id = json["id"]?.string,
            (1...Self.maxIDBytes).contains(id.utf8.count), id.utf8.allSatisfy({ $0 < 0x80 }),
            let expiry = json["exp"]?.integer
        else { return nil }
        let before = json["before"]?.integer
        guard kind != .account || before != nil else { return nil }
        self.init(
            kind: kind, id: id, before: before.map { NumericDate(seconds: $0) },
            expiresAt: NumericDate(seconds: expiry))
    }

    fileprivate var json: JSONValue {
        let before = before.map { [JSONValue.Member("before", .integer($0.seconds))] } ?? []
        return .object(
            [.init("kind", .string(kind.rawValue)), .init("id", .string(id))] + before
                + [.init("exp", .integer(expiresAt.seconds))])
    }
}

public import JWT

/// A part of the revocation feed, as a token of the type `TokenType.revocationPage` carries it.
public struct RevocationPage: Sendable {
    /// The number of the last revocation that the page covers. The page covers expired revocations but does not list
    /// them.
    public let seq: Int64
    /// The name of the sequence that `seq` belongs to. Numbers of different epochs cannot be compared.
    public let epoch: String?
    /// The number that the request named as `after`; nil when the issuer does not repeat it.
    public var after: Int64?
    /// Whether the page is the beginning of the whole list; false for a continuation.
    public let isReset: Bool
    /// The revocations, in the order in which they were made.
    public let entries: [Revocation]
    /// The time at which the issuer signed the page; nil for a page that is not read from a token.
    private(set) var issuedAt: NumericDate?
    /// The latest expiry of revocations whose kind this version does not know; nil when it knows all kinds.
    private(set) var unknownKindsUntil: NumericDate?
    /// The number of revocations of the page in the feed.
    private var listedCount: Int

    /// The maximum number of entries of one page; they take about 1 MB. The next page has the rest.
    public static let maximumEntries = 10_000

    /// Creates a page of the feed.
    public init(seq: Int64, epoch: String?, after: Int64? = nil, isReset: Bool, entries: [Revocation]) {
        self.seq = seq
        self.epoch = epoch
        self.after = after
        self.isReset = isReset
        self.entries = entries
        listedCount = entries.count
    }

    /// Whether the feed may have more revocations than this page lists.
    var isFull: Bool { listedCount >= Self.maximumEntries }
}

extension RevocationPage {
    /// Reads the payload of a verified token; nil when it is not a page of revocations. Revocations of an unknown kind are
    /// left out, and `unknownKindsUntil` tells of them.
    init?(_ token: VerifiedToken) {
        guard let payload = JSONValue(object: token.payload), let seq = payload["seq"]?.integer, seq >= 0,
            let isReset = payload["reset"]?.boolean, let list = payload["entries"]?.array
        else { return nil }
        let unknown = list.filter { $0["kind"]?.string.map { Revocation.Kind(rawValue: $0) == nil } ?? false }
        let entries = list.compactMap(Revocation.init)
        guard entries.count + unknown.count == list.count else { return nil }
        self.init(
            seq: seq, epoch: payload["epoch"]?.string, after: payload["after"]?.integer, isReset: isReset,
            entries: entries)
        listedCount = list.count
        issuedAt = token.issuedAt
        // An entry without an expiry never ends.
        unknownKindsUntil = unknown.map { NumericDate(seconds: $0["exp"]?.integer ?? .max) }.max()
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

extension RevocationPage {
    /// A point in the feed, up to which its revocations are known.
    struct Position: Equatable, Sendable {
        var seq: Int64
        var epoch: String?
    }

    /// The point that the page ends at.
    var position: Position { Position(seq: seq, epoch: epoch) }

    /// Whether the page continues where `position` ends, or is the beginning of the whole list.
    func follows(_ position: Position) -> Bool {
        if isReset { return true }
        return seq >= position.seq && after ?? position.seq == position.seq
            && (epoch ?? "").utf8.elementsEqual((position.epoch ?? "").utf8)
    }
}

import JWT
import JWTAuth
import TestSupport

/// The contents of a response of the feed, which a test can make invalid.
struct FeedResponse {
    var issuer: String? = TokenMint.issuer
    var type = TokenType.revocationPage.typ
    var secret = TokenMint.secret
    var lifetimeSeconds: Int64 = 60
    var seq: JSONValue
    var reset: JSONValue = false
    var epoch: String? = "first"
    var after: Int64?
    var entries: JSONValue = []

    /// The token of the response.
    func signed(at clock: TestClock) throws -> String {
        let now = NumericDate(clock.now)
        let epoch = epoch.map { [JSONValue.Member("epoch", .string($0))] } ?? []
        let after = after.map { [JSONValue.Member("after", .integer($0))] } ?? []
        return try Signer(key: Key(secret: Array(secret.utf8)), type: type).sign(
            Claims(
                issuer: issuer, expiresAt: now + lifetimeSeconds, issuedAt: now,
                others: epoch + after
                    + [.init("seq", seq), .init("reset", reset), .init("entries", entries)]))
    }
}

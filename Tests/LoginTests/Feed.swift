import Foundation
import HTTPTypes
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// The claims of a response of the revocation feed, verified as services do it.
struct Feed: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let kind: String
        let id: String
        let before: Int64?
        let exp: Int64
    }

    let after: Int
    let seq: Int
    let epoch: String
    let reset: Bool
    let entries: [Entry]

    init(_ token: String, at now: Date) throws {
        let verifier = Verifier(
            keys: try KeySet(Key(secret: Array(TokenMint.secret.utf8))),
            policy: TokenType.revocationPage.policy(issuers: [TokenMint.issuer], audience: nil))
        let claims = try #require(JSONValue(object: verifier.verify(token, at: NumericDate(now)).payload))
        after = Int(try #require(claims["after"]?.integer))
        seq = Int(try #require(claims["seq"]?.integer))
        epoch = try #require(claims["epoch"]?.string)
        reset = try #require(claims["reset"]?.boolean as Bool?)
        entries = try #require(claims["entries"]?.array).map {
            Entry(
                kind: try #require($0["kind"]?.string), id: try #require($0["id"]?.string),
                before: $0["before"]?.integer, exp: try #require($0["exp"]?.integer))
        }
    }
}

extension ServiceUnderTest {
    /// A token with which a service may make one request to login.
    func serviceToken(
        _ scope: String, _ method: HTTPRequest.Method, _ path: String, by service: String = "orders"
    ) throws -> String {
        let keys = KeySource(try KeySet(Key(secret: Array(TokenMint.secret.utf8))))
        return try ServiceTokenIssuer(issuer: service, keys: keys, clock: clock.clock)
            .token(for: "login", scope: scope, method: method, path: path)
    }

    func feedResponse(after seq: Int, wait seconds: Int? = nil) async throws -> ReceivedResponse {
        let path = "/revocations?after=\(seq)" + (seconds.map { "&wait=\($0)" } ?? "")
        return try await client.send(.get, path, token: try serviceToken("revocations:read", .get, path))
    }

    /// The page of the feed that orders reads.
    func feed(after seq: Int, wait seconds: Int? = nil) async throws -> Feed {
        try Feed(try await feedResponse(after: seq, wait: seconds).text, at: clock.now)
    }
}

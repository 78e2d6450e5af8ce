import Foundation
import HTTPTypes
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport

@testable import LoginService

/// An answer of the feed, verified as services do it.
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
        let claims = try present(JSONValue(object: verifier.verify(token, at: NumericDate(now)).payload))
        after = Int(try present(claims["after"]?.integer))
        seq = Int(try present(claims["seq"]?.integer))
        epoch = try present(claims["epoch"]?.string)
        reset = try present(claims["reset"]?.boolean)
        entries = try present(claims["entries"]?.array).map {
            Entry(
                kind: try present($0["kind"]?.string), id: try present($0["id"]?.string),
                before: $0["before"]?.integer, exp: try present($0["exp"]?.integer))
        }
    }
}

extension ServiceUnderTest {
    /// A token with which a service makes one request to login.
    func serviceToken(
        _ scope: String, _ method: HTTPRequest.Method, _ path: String, by service: String = "orders"
    ) throws -> String {
        let keys = KeySource(try KeySet(Key(secret: Array(TokenMint.secret.utf8))))
        return try ServiceTokenIssuer(issuer: service, keys: keys, clock: clock.clock)
            .token(for: "login", scope: scope, method: method, path: path)
    }

    func feedAnswer(after seq: Int, wait seconds: Int? = nil) async throws -> ReceivedResponse {
        let path = "/revocations?after=\(seq)" + (seconds.map { "&wait=\($0)" } ?? "")
        return try await client.send(.get, path, token: try serviceToken("revocations:read", .get, path))
    }

    /// What an orders service reads from the feed.
    func feed(after seq: Int, wait seconds: Int? = nil) async throws -> Feed {
        try Feed(try await feedAnswer(after: seq, wait: seconds).text, at: clock.now)
    }

    func introspect(_ token: String, by service: String = "orders") async throws -> ReceivedResponse {
        let body = String(decoding: try JSONEncoder().encode(["token": token]), as: UTF8.self)
        return try await client.send(
            .post, "/introspect", token: try serviceToken("tokens:introspect", .post, "/introspect", by: service),
            json: body)
    }

    func revoke(_ token: String, hint: String? = nil) async throws -> ReceivedResponse {
        try await client.send(
            .post, "/revoke", headers: [.contentType: "application/x-www-form-urlencoded"],
            json: "token=\(token)" + (hint.map { "&token_type_hint=\($0)" } ?? ""))
    }

    func me(_ token: String?) async throws -> Int {
        try await client.send(.get, "/me", token: token).status
    }

    /// Makes an account and signs in.
    func signedUp(_ name: String = "alice") async throws -> ReceivedResponse {
        _ = try await signUp(name)
        return try await signIn(name)
    }
}

extension ReceivedResponse {
    var accessToken: String { get throws { try present(self["access_token"]) } }
    var refreshToken: String { get throws { try present(self["refresh_token"]) } }
    /// The id of the session that the access token belongs to.
    var sessionID: String { get throws { try present(segment(1, of: accessToken)["sid"] as? String) } }
    /// The id of the access token.
    var tokenID: String { get throws { try present(segment(1, of: accessToken)["jti"] as? String) } }
}

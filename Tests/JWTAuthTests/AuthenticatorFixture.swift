import Configuration
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import NIOCore
import ServiceRuntime
import Synchronization
import TestSupport

@testable import JWTAuth

/// A service named orders with one route for each kind of token, and a clock and tokens for its tests.
struct AuthenticatorFixture {
    let clock = TestClock()
    let user = UUID()
    let usedLinks = UsedLinks()
    var mint: TokenMint { TokenMint(clock) }
    /// The clock's time, as tokens express it.
    var now: NumericDate { NumericDate(clock.now) }

    /// Builds the service, without revocations.
    func application(_ environment: [String: String] = [:]) throws -> some ApplicationProtocol {
        let (service, tokens) = try read(environment) { settings in
            (
                ServiceSettings(name: "orders", defaultPort: 0, &settings),
                try TokenSettings(clock: clock.clock, &settings)
            )
        }
        let authenticator = JWTAuthenticator(of: service, tokens, revocations: nil, clock: clock.clock)
        let router = service.router(context: AppRequestContext.self, readiness: [])
        addRoutes(to: router, authenticator)
        return try service.application(
            router: router, description: OpenAPIDocument(of: service), services: [tokens.keys])
    }

    /// Reads settings from these variables and those of `TokenMint.environment`.
    func read<Value>(_ environment: [String: String], _ body: (inout Settings) throws -> Value) throws -> Value {
        let environment = TokenMint.environment.merging(environment) { $1 }
        return try Settings.read(ConfigReader(environment: environment), body)
    }

    /// Adds a public route and a route for each kind of token; the latter return the subject of the token.
    func addRoutes(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.get("public") { _, _ in "open" }
        router.behind(authenticator, .user, scope: "orders:read")
            .get("mine") { _, context in context.identity.subject }
            .post("mine") { _, context in context.identity.subject }
        router.behind(authenticator, .access, scope: "orders:read", or: "orders:read:all")
            .get("any") { _, context in context.identity.subject }
        router.behind(authenticator, .firstParty)
            .get("account") { _, context in context.identity.subject }
        router.behind(authenticator, .service(from: ["inbox"]), scope: "orders:poke")
            .put("poked/{id}") { _, context in context.identity.subject }
            .post("poked") { request, _ in ByteBuffer(bytes: try await request.bytes(upTo: 1 << 20)) }
        router.behind(authenticator, .service(from: ["inbox"]))
            .get("served") { _, context in context.identity.subject }
        router.behind(authenticator, .link(usedLinks: usedLinks))
            .get("linked/{id}") { _, context in context.identity.subject }
        router.group(context: AuthenticatedRequestContext.self)
            .get("unprotected") { _, context in context.identity.subject }
    }

    /// Signs a user's token whose claims are changed by `change`.
    func token(_ change: (inout Claims) -> Void = { _ in }, type: String = TokenType.access.typ) throws -> String {
        var claims = mint.userClaims(user, audience: "orders", scope: "orders:read")
        change(&claims)
        return try mint.sign(claims, type: type)
    }

    /// An access token as the service verifies it.
    func verified(_ token: String) throws -> VerifiedToken {
        let policy = TokenType.access.policy(issuers: [TokenMint.issuer], audience: "orders")
        return try Verifier(keys: KeySet(Key(secret: Array(TokenMint.secret.utf8))), policy: policy)
            .verify(token, at: now)
    }

    /// An issuer of the tokens of a service.
    func issuer(_ name: String) throws -> ServiceTokenIssuer {
        let key = try Key(secret: Array(TokenMint.secret.utf8))
        return ServiceTokenIssuer(issuer: name, keys: KeySource(KeySet(key)), clock: clock.clock)
    }
}

/// A record of used links in memory.
final class UsedLinks: UsedLinkStore {
    private let links = Mutex<[String: Date]>([:])

    /// The ids of the used links, with the times until which they are kept.
    var all: [String: Date] { links.withLock { $0 } }

    func useLink(_ id: String, keepUntil: Date, at date: Date) async throws -> Bool {
        links.withLock { links in
            guard links[id] == nil else { return false }
            links[id] = keepUntil
            return true
        }
    }
}

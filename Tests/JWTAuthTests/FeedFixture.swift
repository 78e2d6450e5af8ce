import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport

@testable import JWTAuth

/// A service with an authenticator and a follower of a scripted feed.
struct FeedFixture {
    let feed = ScriptedFeed()
    let authenticator = AuthenticatorFixture()
    var clock: TestClock { authenticator.clock }
    var now: NumericDate { authenticator.now }

    /// Builds the service, which follows the feed at `port`. If `waits`, it listens when it has read the feed.
    func service(
        port: Int, folder: String? = nil, list: RevocationList = RevocationList(), waits: Bool = false,
        _ environment: [String: String] = [:]
    ) throws -> some ApplicationProtocol {
        let environment = ["LOGIN_URL": "http://127.0.0.1:\(port)"].merging(environment) { $1 }
        let (service, settings, tokens) = try authenticator.read(environment) { settings in
            (
                ServiceSettings(name: "orders", defaultPort: 0, &settings),
                RevocationSettings(folder: folder, &settings),
                try TokenSettings(clock: clock.clock, &settings)
            )
        }
        let revocations = RevocationState(settings, list: list, clock: clock.clock)
        let follower = RevocationFollower(
            updating: revocations, of: service.name, tokens, settings, clock: clock.clock)
        let router = service.router(context: AppRequestContext.self, readiness: [revocations.readiness])
        authenticator.addRoutes(
            to: router, JWTAuthenticator(of: service, tokens, revocations: revocations, clock: clock.clock))
        return try service.application(
            router: router, description: OpenAPIDocument(of: service), services: [tokens.keys, follower],
            beforeListening: { if waits { await follower.waitForFirstRead() } })
    }

    /// Serves the feed, and the service that follows it, while `body` runs.
    func run(
        folder: String? = nil, list: RevocationList = RevocationList(), _ environment: [String: String] = [:],
        _ body: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        try await feed.serve { port in
            try await service(port: port, folder: folder, list: list, environment).test(.router) { client in
                try await body(client)
            }
        }
    }

    /// Waits for the next poll and responds to it.
    @discardableResult
    func respond(_ response: FeedResponse) async throws -> ScriptedFeed.Poll {
        let poll = try await feed.nextPoll()
        poll.respond(try response.signed(at: clock))
        return poll
    }

    /// A revocation that expires with the tokens of the tests.
    func entry(_ kind: Revocation.Kind, _ id: String?, before: Int64? = nil) -> JSONValue {
        let before = before.map { [JSONValue.Member("before", .integer((now + $0).seconds))] } ?? []
        return .object(
            before + [
                .init("kind", .string(kind.rawValue)), .init("id", .string(id ?? "")),
                .init("exp", .integer((now + 600).seconds)),
            ])
    }

    /// A user's claims, and the token with them.
    func token(_ user: UUID = UUID()) throws -> (claims: Claims, text: String) {
        let claims = authenticator.mint.userClaims(user, audience: "orders", scope: "orders:read")
        return (claims, try authenticator.mint.sign(claims))
    }
}

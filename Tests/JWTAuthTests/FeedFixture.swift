import Configuration
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import ServiceRuntime
import TestSupport

@testable import JWTAuth

/// A service behind a door that follows a scripted feed.
struct FeedFixture {
    let feed = ScriptedFeed()
    let authenticator = AuthenticatorFixture()
    var clock: TestClock { authenticator.clock }

    /// The service, following the feed at `port`.
    func service(
        port: Int, folder: String? = nil, list: RevocationList = RevocationList(), _ environment: [String: String] = [:]
    ) throws -> some ApplicationProtocol {
        let environment = TokenMint.environment.merging(["LOGIN_URL": "http://127.0.0.1:\(port)"]) { $1 }
            .merging(environment) { $1 }
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        let (service, revocationSettings, tokenSettings) = try Settings.read(reader) { settings in
            (
                ServiceSettings(name: "orders", defaultPort: 0, &settings),
                RevocationSettings(folder: folder, &settings),
                try TokenSettings(clock: clock.clock, &settings)
            )
        }
        let revocations = RevocationState(revocationSettings, list: list, clock: clock.clock)
        let follower = RevocationFollower(
            updating: revocations, of: service.name, tokenSettings, revocationSettings, clock: clock.clock)
        let authenticator = JWTAuthenticator(of: service, tokenSettings, revocations: revocations, clock: clock.clock)
        let router = service.router(context: AppRequestContext.self, readiness: [revocations.readiness])
        router.get("public") { _, _ in "open" }
        router.behind(authenticator, .user, scope: "orders:read").get("mine") { _, context in context.identity.subject }
        router.behind(authenticator, .service(from: ["inbox"])).get("served") { _, context in context.identity.subject }
        return try service.application(
            router: router, description: OpenAPIDocument(of: service), services: [tokenSettings.keys, follower])
    }

    /// Serves the feed and the service that follows it.
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

    /// Waits for the next question and answers it.
    @discardableResult
    func response(_ response: FeedAnswer) async throws -> ScriptedFeed.Question {
        let question = try await feed.next()
        question.response(try response.signed(at: clock))
        return question
    }

    /// An entry that lives as long as the tokens of the tests.
    func entry(_ kind: String, _ id: String?, before: Int64? = nil) -> JSONValue {
        let now = Int64(clock.now.timeIntervalSince1970)
        let before = before.map { [JSONValue.Member("before", .integer(now + $0))] } ?? []
        return .object(
            [.init("kind", .string(kind)), .init("id", .string(id ?? "")), .init("exp", .integer(now + 600))] + before)
    }

    /// A user's claims, and the token with them.
    func token(_ user: UUID = UUID()) throws -> (claims: Claims, text: String) {
        let claims = authenticator.mint.userClaims(user, audience: "orders", scope: "orders:read")
        return (claims, try authenticator.mint.sign(claims))
    }
}

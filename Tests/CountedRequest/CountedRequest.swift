// The program with which scripts/bench counts the instructions of authentication: a route behind the authenticator, and the
// same route without it. There is no network and no database.

import Configuration
import Dispatch
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import Logging
import NIOEmbedded
import ServiceRuntime

/// Responds to a GET of /open or /mine again and again: `CountedRequest --repeat PATH REPETITIONS`.
@main enum CountedRequest {
    private static let environment = [
        "JWT_SECRET": "0123456789abcdef0123456789ABCDEF", "JWT_ISSUER": "https://login.example",
    ]

    static func main() {
        // The main thread waits, because valgrind 3.19 fails when it ends, as an asynchronous `main` makes it do.
        let isFinished = DispatchSemaphore(value: 0)
        Task.detached {
            do { try await respond() } catch { fatalError("\(error)") }
            isFinished.signal()
        }
        isFinished.wait()
    }

    private static func respond() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, arguments[1] == "--repeat", let repetitions = Int(arguments[3]) else {
            fatalError("usage: CountedRequest --repeat PATH REPETITIONS")
        }
        let (responder, keys) = try service()
        let head = HTTPRequest(
            method: .get, scheme: "http", authority: "localhost", path: arguments[2],
            headerFields: [
                .accept: "*/*", .userAgent: "CountedRequest", .authorization: "Bearer \(try token(signedWith: keys))",
            ])
        let logger = Logger(label: "inbox")
        let channel = NIOAsyncTestingChannel()
        for _ in 0..<repetitions {
            let context = AppRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            let request = Request(head: head, body: RequestBody(buffer: .init()))
            let response = try await responder.respond(to: request, context: context)
            precondition(response.status == .noContent, "the request fails")
        }
    }

    /// The routes, and the keys of the tokens.
    private static func service() throws -> (RouterResponder<AppRequestContext>, KeySet) {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        let (service, tokens, revocations) = try Settings.read(reader) { settings in
            let service = ServiceSettings(name: "inbox", defaultPort: 0, &settings)
            let revocations = RevocationState(RevocationSettings(folder: nil, &settings), clock: .system)
            return (service, try TokenSettings(clock: .system, &settings), revocations)
        }
        let authenticator = JWTAuthenticator(of: service, tokens, revocations: revocations, clock: .system)
        let router = Router(context: AppRequestContext.self)
        router.get("open") { _, _ in HTTPResponse.Status.noContent }
        router.behind(authenticator, .user, scope: "inbox:read").get("mine") { _, _ in HTTPResponse.Status.noContent }
        return (router.buildResponder(), tokens.keys.keys)
    }

    /// A token with the claims that login gives an access token.
    private static func token(signedWith keys: KeySet) throws -> String {
        let claims = Claims(
            issuer: environment["JWT_ISSUER"], subject: "0b8f6d5e-6f0c-4f5e-9a3c-2f1f0a7f7c11",
            audience: ["login", "catalog", "orders", "inbox"], expiresAt: 4_102_444_800, issuedAt: 1_762_000_000,
            id: "mZ3p0Q4vT5a1xK8nW2cBdA", scope: "orders:read orders:write inbox:read",
            sessionID: "Wq9rYt6uLs3oPe1iNf7gHk", username: "ada.lovelace")
        return try TokenType.access.signer(keys: keys).sign(claims)
    }
}

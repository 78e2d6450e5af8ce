import Hummingbird
import JWTKit
import Logging

/// A server for comparison with `GET /messages` of inbox, which `scripts/bench http` starts.
///
///     HTTPPeer bare|jwt-kit
///
/// `bare` is Hummingbird with a fixed value: no authentication, no database. `jwt-kit` does the work of inbox with jwt-kit and
/// GRDB, as their documentation shows. Both write no log lines. The environment has `PORT`; for `jwt-kit` also `JWT_SECRET`,
/// `JWT_ISSUER` and `DATABASE_FILE`, a database of inbox.
@main enum HTTPPeer {
    static func main() async throws {
        let environment = Environment()
        guard let port = environment.get("PORT", as: Int.self), CommandLine.arguments.count == 2 else { usage() }
        let router: Router<PeerContext>
        switch CommandLine.arguments[1] {
        case "bare": router = bareRouter()
        case "jwt-kit":
            router = try await jwtKitRouter(
                secret: environment.require("JWT_SECRET"), issuer: environment.require("JWT_ISSUER"),
                store: MessageStore(file: environment.require("DATABASE_FILE")))
        default: usage()
        }
        var logger = Logger(label: "HTTPPeer")
        logger.logLevel = .error
        try await Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: logger
        ).runService()
    }

    private static func bareRouter() -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        router.get("messages") { _, _ in MessageList.fixed }
        return router
    }

    private static func jwtKitRouter(
        secret: String, issuer: String, store: MessageStore
    ) async -> Router<PeerContext> {
        let keys = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        let router = Router(context: PeerContext.self)
        router.group()
            .add(middleware: TokenMiddleware(keys: keys, issuer: issuer, audience: "inbox", scope: "inbox:read"))
            .get("messages") { _, context in
                guard let account = context.account else { throw HTTPError(.unauthorized) }
                return MessageList(try await store.messages(of: account))
            }
        return router
    }

    private static func usage() -> Never {
        fatalError("usage: PORT=N HTTPPeer bare|jwt-kit")
    }
}

/// The context of a request, with the account of its token.
struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var account: String?

    init(source: Source) {
        coreContext = .init(source: source)
    }
}

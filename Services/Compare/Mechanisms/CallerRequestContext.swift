import Hummingbird
import JWTAuth
import ServiceRuntime

/// The context of a request whose caller is known.
protocol CallerRequestContext: ServiceRequestContext {
    /// The id of the account that sends the request.
    var account: String { get }
}

extension AuthenticatedRequestContext: CallerRequestContext {
    var account: String { identity.subject }
}

/// The context of a request whose caller login has named.
struct NamedCallerRequestContext: CallerRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let account: String

    /// - Throws: `HTTPError` with 500 when `LoginMechanismMiddleware` does not precede the route.
    init(context: UnknownCallerRequestContext) throws {
        guard let account = context.account else { throw HTTPError(.internalServerError) }
        coreContext = context.coreContext
        self.account = account
    }
}

/// The context of a request before login has named its caller.
struct UnknownCallerRequestContext: ServiceRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    /// The IP address of the peer; nil without a socket.
    let peerAddress: String?
    /// The id of the account, set by `LoginMechanismMiddleware`.
    var account: String?

    init(context: AppRequestContext) {
        coreContext = context.coreContext
        peerAddress = context.peerAddress
    }
}

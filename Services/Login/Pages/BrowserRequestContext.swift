import Hummingbird
import JWTAuth
import ServiceRuntime

/// The context of a request by a browser, before `BrowserSessionMiddleware` has read its cookie.
struct BrowserRequestContext: ServiceRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    /// The IP address of the peer, without its port; nil without a socket.
    let peerAddress: String?
    /// The context of the page, set by the middleware.
    var page: PageContext?

    init(context: AppRequestContext) {
        coreContext = context.coreContext
        peerAddress = context.peerAddress
    }
}

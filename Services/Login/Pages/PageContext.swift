// The pages of login for people: sign-up, sign-in and the account.
//
// This folder is apart from the routes for programs because browsers need another defence: cookies in place of tokens,
// a check of every form against forgery, and errors as HTML. `PageRouterGroups` puts these before the routes. A handler
// says with the type of its context what it needs: a page, a session, a form that was checked, or both.

import Foundation
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The context of a request for a page, with the browser that sent it.
struct PageContext: PageRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    /// The cookie that the browser sent, or a new one for a browser that sent none.
    let cookie: SessionCookie
    /// The session that the cookie opens; nil for a browser that is signed out.
    var session: Session?
    /// The kind of browser and its address, as a new session would show them.
    let client: ClientInfo
    /// The network that failed sign-ins are counted for, as `NetworkAddress` writes it.
    let network: String
    /// The notice that the page shows, as its address names it.
    let notice: Notice?
    /// The time at which the request arrived.
    let now: Date
    let templates: PageTemplates
    /// The form in the body, after `FormMiddleware` has checked it.
    var form: SubmittedForm?

    var page: PageContext { self }
}

extension PageContext {
    /// - Throws: `HTTPError` with 500 when `BrowserSessionMiddleware` does not precede the route.
    init(context: BrowserRequestContext) throws {
        guard let page = context.page else { throw HTTPError(.internalServerError) }
        self = page
        coreContext = context.coreContext
    }
}

/// The contexts of all pages.
protocol PageRequestContext: ServiceRequestContext {
    /// The request for the page, without what the route demands in addition.
    var page: PageContext { get }
}

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

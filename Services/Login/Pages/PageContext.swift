// The pages of login for people: sign-up, sign-in and the account.
//
// This folder is separate from the routes for programs because browsers need other responses. Cookies replace tokens,
// every form is checked against forgery, and errors are HTML. `PageRouterGroups` adds the middleware for this. The type
// of its context says what a handler needs: a page, a session, a checked form, or a session and a checked form.

import Foundation
import Hummingbird
import ServiceRuntime

/// The context of a request for a page, with the browser that sent it.
struct PageContext: PageRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    /// The cookie that the browser sent, or a new one for a browser that sent none.
    let cookie: SessionCookie
    /// The session that belongs to the cookie; nil for a browser that is signed out.
    var session: Session?
    /// The device cookie of the browser; nil before its first sign-in.
    var device: DeviceCookie?
    /// The kind of browser and its address, which a new session stores.
    let client: ClientInfo
    /// The network that failed sign-ins are counted for, as `NetworkAddress` writes it.
    let network: String
    /// The notice that the page shows; the query parameter `notice` names it.
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

/// The context of a request for a page, whatever else the request needs.
protocol PageRequestContext: ServiceRequestContext {
    /// The values that the context of every page has.
    var page: PageContext { get }
}

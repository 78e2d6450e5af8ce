import HTTPTypes
import Hummingbird
import ServiceRuntime

/// Reads the cookie of a browser and looks up its session.
///
/// A browser without a cookie gets one with the first page. This protects its forms before anyone signs in.
struct BrowserSessionMiddleware: RouterMiddleware {
    let sessions: SessionStore
    let cookies: BrowserCookies
    let templates: PageTemplates
    let clock: WallClock

    func handle(
        _ request: Request, context: BrowserRequestContext,
        next: (Request, BrowserRequestContext) async throws -> Response
    ) async throws -> Response {
        let cookie = cookies.sessionCookie(of: request)
        var page = PageContext(
            coreContext: context.coreContext, cookie: cookie ?? SessionCookie(),
            client: ClientInfo(userAgent: request.headers[.userAgent], address: context.peerAddress),
            network: NetworkAddress.network(of: context.peerAddress),
            notice: request.uri.queryParameters["notice"].flatMap { Notice(rawValue: String($0)) }, now: clock.now(),
            templates: templates)
        page.device = cookies.deviceCookie(of: request)
        do {
            if let cookie { page.session = try await sessions.find(cookie, from: page.client, at: page.now) }
        } catch {
            // `HTMLErrorMiddleware` runs later, because its pages show the name of the signed-in account.
            return try page.response(to: error)
        }
        var context = context
        context.page = page
        var response = try await next(request, context)
        // The browser sends a form of another site without the cookie. A new cookie would replace the one that it
        // keeps.
        if cookie == nil, request.method == .get { response.headers.append(cookies.setting(page.cookie)) }
        return response
    }
}

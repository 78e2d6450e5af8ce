import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import Logging
import ServiceRuntime

/// What all pages share: who visits, which forms are heeded, and what every page carries.
struct PageDesk: Sendable {
    typealias Handler = @Sendable (Request, AppRequestContext) async throws -> Response

    let sessions: SessionStore
    let tokens: AccessTokenIssuer
    let cookies: BrowserCookies
    let templates: PageTemplates
    let clock: WallClock

    /// The largest form, in bytes.
    private static let maxFormBytes = 16 << 10
    static let formTokenName = "form_token"

    /// A route that shows a page.
    func page(_ body: @escaping @Sendable (Visit) async throws -> Reply) -> Handler {
        { request, context in
            try await answer(request, context, body)
        }
    }

    /// A route that takes a form of one of the pages, and of nobody else's.
    func form(_ body: @escaping @Sendable (Visit, Form) async throws -> Reply) -> Handler {
        { request, context in
            try await answer(request, context) { visit in
                guard request.isFromOwnPage(of: tokens.issuer, isSecure: cookies.isSecure) else {
                    throw Problem.foreignForm
                }
                let bytes = Array(try await request.bytes(upTo: Self.maxFormBytes))
                let form = Form(try TokenParameters(form: bytes))
                guard visit.key.made(form[Self.formTokenName]) else { throw Problem.staleForm }
                return try await body(visit, form)
            }
        }
    }

    private func answer(
        _ request: Request, _ context: AppRequestContext, _ body: (Visit) async throws -> Reply
    ) async throws -> Response {
        let known = cookies.key(of: request)
        var visit = Visit(
            key: known ?? SessionCookie(),
            client: ClientInfo(userAgent: request.headers[.userAgent], address: context.peerAddress),
            network: NetworkAddress.network(of: context.peerAddress),
            path: request.method == .get ? request.uri.path : ReturnPath.account.text,
            query: request.queryTexts, now: clock.now(), logger: context.logger)
        let reply: Reply
        do {
            if let known { visit.session = try await sessions.find(known, at: visit.now) }
            reply = try await body(visit)
        } catch is Visit.SignedOut {
            reply = .goOn(to: "/login?next=\(visit.path)")
        } catch {
            reply = .problem(try Problem.shown(for: error, logger: context.logger))
        }
        var response = try response(reply, visit)
        // Not for a form: another site's comes without the cookie, and the answer would replace the one that is there.
        if known == nil, request.method == .get { response.headers.append(cookies.setting(visit.key)) }
        return response
    }

    private func response(_ reply: Reply, _ visit: Visit) throws -> Response {
        var response = Response(status: .init(code: reply.status), headers: .page)
        response.headers[.location] = reply.location
        response.headers[.retryAfter] = reply.retryAfter
        if let (session, key) = reply.begun { try append(session, key, at: visit.now, to: &response.headers) }
        if reply.hasEnded {
            response.headers.append(cookies.setting(SessionCookie()))
            if cookies.carriesAccessToken { response.headers.append(cookies.clearingAccessToken) }
        }
        guard let screen = reply.screen else { return response }
        let frame = Frame(screen, visit, notice: visit.query["notice"].flatMap(Notice.init))
        response.body = .init(byteBuffer: .init(string: try templates.render(screen.template, frame)))
        response.headers[.contentType] = "text/html; charset=utf-8"
        return response
    }

    private func append(_ session: Session, _ key: SessionCookie, at now: Date, to headers: inout HTTPFields) throws {
        headers.append(
            cookies.setting(key, seconds: Int(session.expiresAt.timeIntervalSince(now).rounded(.up))))
        guard cookies.carriesAccessToken else { return }
        let token = try tokens.issue(for: session, scope: session.scope, at: now)
        headers.append(cookies.setting(accessToken: token, seconds: tokens.life(for: session, at: now)))
    }
}

/// The fields of a form.
struct Form: Sendable {
    private let parameters: TokenParameters

    fileprivate init(_ parameters: TokenParameters) {
        self.parameters = parameters
    }

    /// The value of a field; empty when it is not there.
    subscript(name: String) -> String {
        (try? parameters.optional(name)) ?? ""
    }
}

/// What the template of a page is given.
private struct Frame: Sendable {
    let title: String
    /// Who is signed in.
    let username: String?
    let csrfToken: String
    let notice: String?
    let content: any Sendable

    init(_ screen: Reply.Screen, _ visit: Visit, notice: Notice?) {
        title = screen.title
        username = visit.session?.username
        csrfToken = visit.key.csrfToken
        self.notice = notice?.sentence
        content = screen.content
    }
}

extension Problem {
    fileprivate static let foreignForm = Problem(
        .forbidden, code: "foreign_origin", detail: "This form was sent by another site. Nothing was changed.")

    fileprivate static let staleForm = Problem(
        .forbidden, code: "stale_form",
        detail: """
            Nothing was changed: the page with this form is too old, or the browser keeps no cookies. Go back, load the page \
            again, and send the form once more.
            """)

    /// The problem that an error is; an unknown one goes on as it came.
    fileprivate static func shown(for error: any Error, logger: Logger) throws -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as OAuthError: return .badRequest(error.sentence)
        case let error as any ProblemConvertible:
            let problem = error.problem
            if problem.status.kind == .serverError { logger.error("\(error)") }
            return problem
        default: throw error
        }
    }
}

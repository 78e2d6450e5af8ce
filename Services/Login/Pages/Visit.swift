import Foundation
import HTTPTypes
import Logging
import ServiceRuntime

/// One request of a browser: whose it is, and from where.
struct Visit: Sendable {
    let key: SessionCookie
    /// The session that the key opens.
    var session: Session?
    let client: ClientInfo
    /// The network that failed attempts are counted for.
    let network: String
    /// The page that was asked for; for a form, the one to go on with.
    let path: String
    let query: [String: String]
    let now: Date
    let logger: Logger

    /// Nobody is signed in, and the page is somebody's.
    struct SignedOut: Error {}

    /// The session, on pages that are for its owner alone.
    func owned() throws(SignedOut) -> Session {
        guard let session else { throw SignedOut() }
        return session
    }
}

/// What a page answers: a screen, or where to go on.
struct Reply: Sendable {
    /// A template with what it shows.
    struct Screen: Sendable {
        let template: String
        let title: String
        let content: any Sendable
    }

    var status: Int
    var screen: Screen?
    /// Where to go on, in place of a screen.
    var location: String?
    /// When to come again, in seconds.
    var retryAfter: String?
    /// The session that was begun, with the key that opens it from now on.
    var begun: (session: Session, key: SessionCookie)?
    /// Whether the browser is to forget what let it in.
    var hasEnded = false

    static func page(_ template: String, _ title: String, _ content: any Sendable, status: Int = 200) -> Reply {
        Reply(status: status, screen: Screen(template: template, title: title, content: content))
    }

    /// The page of a form that was rejected, with `form` and the reason.
    static func rejected(_ form: FormScreen, on page: (template: String, title: String), status: Int) -> Reply {
        .page(page.template, page.title, form, status: status)
    }

    /// The page of a form that came after too many failed attempts.
    static func throttled(
        _ form: FormScreen, on page: (template: String, title: String), retryAfterSeconds seconds: Int
    ) -> Reply {
        let form = form.showing("There were too many failed attempts. Try again in \(seconds) s.")
        var reply = rejected(form, on: page, status: 429)
        reply.retryAfter = String(seconds)
        return reply
    }

    /// The page of a form that came while too many passwords wait to be checked.
    static func busy(_ form: FormScreen, on page: (template: String, title: String)) -> Reply {
        var reply = rejected(
            form.showing("Too many people are signing in. Try again."), on: page, status: 503)
        reply.retryAfter = String(PasswordHasher.retryAfterSeconds)
        return reply
    }

    /// 303: the browser fetches the next page, so that to load that page again repeats nothing.
    static func goOn(to location: String, saying notice: Notice? = nil) -> Reply {
        Reply(status: 303, location: notice.map { "\(location)?notice=\($0.rawValue)" } ?? location)
    }

    /// A page that says what went wrong.
    static func problem(_ problem: Problem) -> Reply {
        let title =
            switch problem.status.kind {
            case .serverError: "Not now"
            default: problem.status == .notFound ? "Nothing here" : "That was refused"
            }
        var reply = page("problem", title, problem.detail, status: problem.status.code)
        reply.retryAfter = problem.headers[.retryAfter]
        return reply
    }
}

/// What a page says about what was just done. The address names it, so it is one of these and no other text.
enum Notice: String, Sendable {
    case signedOut = "signed-out"
    case signedOutEverywhere = "signed-out-everywhere"
    case sessionEnded = "session-ended"
    case passwordChanged = "password-changed"
    case accountDeleted = "account-deleted"

    var sentence: String {
        switch self {
        case .signedOut: "You are signed out."
        case .signedOutEverywhere: "You are signed out everywhere."
        case .sessionEnded: "That session is ended."
        case .passwordChanged: "Your password is changed, and all sessions are ended. Sign in with the new one."
        case .accountDeleted: "Your account is deleted."
        }
    }
}

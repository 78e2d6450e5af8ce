import Hummingbird

/// A sentence at the top of a page about what was just done. The address of the page names it, so that a link cannot make
/// the page say anything else.
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
        case .sessionEnded: "The session is ended."
        case .passwordChanged:
            "Your password is changed, and all your sessions are ended. Sign in with the new password."
        case .accountDeleted: "Your account is deleted."
        }
    }
}

extension Response {
    /// A redirect (303) to a page that shows a notice.
    static func redirect(to path: String, showing notice: Notice) -> Response {
        .redirect(to: "\(path)?notice=\(notice.rawValue)")
    }
}

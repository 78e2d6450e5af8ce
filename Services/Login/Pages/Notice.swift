import Hummingbird

/// A sentence at the top of a page about a completed action. The address of the page contains only the name of the
/// sentence. A link therefore cannot make the page show another text.
enum Notice: String, Sendable {
    case signedOut = "signed-out"
    case signedOutEverywhere = "signed-out-everywhere"
    case sessionEnded = "session-ended"
    case appDisconnected = "app-disconnected"
    case apiTokenDeleted = "api-token-deleted"
    case passwordChanged = "password-changed"
    case accountDeleted = "account-deleted"

    var sentence: String {
        switch self {
        case .signedOut: "You are signed out."
        case .signedOutEverywhere: "You are signed out everywhere."
        case .sessionEnded: "The session is ended."
        case .appDisconnected: "The app is disconnected, and all its sessions are ended."
        case .apiTokenDeleted: "The API token is deleted."
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

/// The meaning of an `errcode` of WeChat's server.
enum WeChatError: Sendable {
    /// The code of the sign-in is wrong, expired or used.
    case code
    /// The user may not sign in.
    case user
    /// The user signs in too often.
    case tooManySignIns
    /// The server is busy.
    case busy
    /// The id, the secret or the rights of the mini program are wrong, or the number is unknown.
    case application

    /// - Parameter number: The number of an error, not 0.
    init(_ number: Int64) {
        switch number {
        case -1: self = .busy
        case 45011: self = .tooManySignIns
        // A wrong code, a used code, and an empty one.
        case 40029, 40163, 41008: self = .code
        // An openid that is not valid, and a user whom WeChat blocks.
        case 40003, 40226: self = .user
        default: self = .application
        }
    }
}

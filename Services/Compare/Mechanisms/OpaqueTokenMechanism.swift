import HTTPTypes
import Hummingbird
import ServiceRuntime

/// `Authorization: Token` with an API token of login: 40 hexadecimal digits without a meaning. Login introspects it for
/// each request.
struct OpaqueTokenMechanism: LoginMechanism {
    static let path = "token"

    let login: LoginClient

    private static let digitCount = 40

    func account(of request: Request, from peerAddress: String?) async throws -> String {
        guard let token = try AuthorizationField.credentials("Token", of: request) else { throw Problem.missingToken }
        guard token.utf8.count == Self.digitCount, token.utf8.allSatisfy(\.isLowercaseHexDigit),
            case .account(let account) = try await login.introspect(token, as: .apiToken)
        else { throw Problem.unknownToken }
        return account
    }
}

extension Problem {
    fileprivate static let missingToken = Problem(
        .unauthorized, code: "missing_token", detail: "Send an API token: Authorization: Token <40 digits>.",
        headers: [.wwwAuthenticate: "Token"])

    fileprivate static let unknownToken = Problem(
        .unauthorized, code: "invalid_token", detail: "The API token is unknown, expired or deleted.",
        headers: [.wwwAuthenticate: "Token"])
}

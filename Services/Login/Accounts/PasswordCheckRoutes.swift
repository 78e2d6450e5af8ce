import HTTPTypes
import Hummingbird
import JWTAuth
import NIOCore
import ServiceRuntime

/// `POST /passwords/verify`: tells another service whether a user name and a password belong together.
///
/// A service that takes passwords itself (HTTP Basic, RFC 7617) needs it. Passwords then pass through more than one
/// program, so it is off unless `PASSWORD_CHECKS` is on.
struct PasswordCheckRoutes: Sendable {
    let authenticator: PasswordAuthenticator
    /// The names of the services that may ask.
    let readers: [String]
    let isEnabled: Bool

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .service(from: readers), scope: "passwords:verify")
            .post("passwords/verify", use: verify)
    }

    private struct PasswordCheckRequest: Decodable {
        let username: String
        let password: String
        /// The IP address of the client that sent the password to the service.
        let address: String
    }

    private struct PasswordCheckResponse: ResponseEncodable {
        let account_id: String
        let username: String
        let scope: String
    }

    /// Checks a password as a sign-in does, and counts a failure for the address that the service names.
    private func verify(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<PasswordCheckResponse> {
        guard isEnabled else {
            throw Problem.notFound("This service checks no passwords for others. PASSWORD_CHECKS=on allows it.")
        }
        let check = try await request.decode(as: PasswordCheckRequest.self, context: context)
        guard let address = (try? SocketAddress(ipAddress: check.address, port: 0))?.ipAddress else {
            throw Problem.unprocessable([.init("address", "must be an IP address")])
        }
        let result = try await authenticator.signIn(
            username: check.username, password: check.password, from: NetworkAddress.network(of: address))
        switch result {
        case .signedIn(let account):
            return EditedResponse(
                headers: .notStored,
                response: PasswordCheckResponse(
                    account_id: account.id.lowercase, username: account.username, scope: account.scope.text))
        case .wrongCredentials: throw Problem.wrongCredentials
        case .throttled(let seconds): throw Problem.tooManyAttempts(retryAfterSeconds: seconds)
        case .busy: throw Problem.tooManySignIns
        }
    }
}

extension Problem {
    /// 403: the token of the service is valid, but the name or the password in the body is wrong.
    fileprivate static let wrongCredentials = Problem(
        .forbidden, code: "wrong_credentials", detail: "The name or the password is wrong.")
}

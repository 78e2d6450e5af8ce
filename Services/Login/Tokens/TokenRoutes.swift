import Foundation
import Hummingbird
import JWTAuth
import Logging
import Metrics
import ServiceRuntime

/// `POST /token`: signs in with a password, or goes on with a refresh token (RFC 6749 §3.2).
struct TokenRoutes: Sendable {
    let authenticator: PasswordAuthenticator
    let sessions: SessionStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    /// The grant types that the endpoint knows (RFC 6749 §4.3 and §6).
    static let grantTypes = ["password", "refresh_token"]

    func add(to router: Router<AppRequestContext>) {
        router.post("token", use: token)
    }

    /// The body of a success (RFC 6749 §5.1).
    struct Answer: ResponseEncodable {
        let access_token: String
        let token_type = "Bearer"
        let expires_in: Int
        let refresh_token: String
        let scope: String
        let account_id: String
    }

    private func token(_ request: Request, _ context: AppRequestContext) async throws -> EditedResponse<Answer> {
        let parameters = try await TokenParameters(of: request, context: context)
        let client = ClientInfo(userAgent: request.headers[.userAgent], address: context.peerAddress)
        let answer: Answer
        let grantType = try parameters.required("grant_type")
        switch grantType {
        case "password": answer = try await passwordGrant(parameters, from: client, context)
        case "refresh_token": answer = try await refreshGrant(parameters, context)
        default:
            throw OAuthError(.unsupportedGrantType, "The grant types are \(Self.grantTypes.joined(separator: ", ")).")
        }
        Counter(label: "login_tokens_issued_total", dimensions: [("grant", grantType)]).increment()
        return EditedResponse(headers: .notStored, response: answer)
    }

    private func passwordGrant(
        _ parameters: TokenParameters, from client: ClientInfo, _ context: AppRequestContext
    ) async throws -> Answer {
        let (name, password) = (try parameters.required("username"), try parameters.required("password"))
        let (requested, audience) = (try parameters.optional("scope"), try parameters.optional("audience"))
        let audiences = try tokens.audience(audience)
        let account = try await account(name, password, context)
        let scope = try account.scope.narrowed(to: requested)
        let now = clock.now()
        guard
            let (session, token) = try await sessions.begin(
                account, scope: scope, audience: audiences, from: client, at: now)
        else { throw Self.wrongCredentials }
        return try answer(session, scope, token, at: now)
    }

    private func account(_ name: String, _ password: String, _ context: AppRequestContext) async throws -> Account {
        let result = try await authenticator.signIn(
            username: name, password: password, from: NetworkAddress.network(of: context.peerAddress),
            logger: context.logger)
        switch result {
        case .signedIn(let account): return account
        case .wrongCredentials: throw Self.wrongCredentials
        case .throttled(let seconds):
            throw OAuthError(
                .temporarilyUnavailable, "There were too many failed attempts. Try again later.",
                status: .tooManyRequests, retryAfterSeconds: seconds)
        case .busy:
            throw OAuthError(
                .temporarilyUnavailable, "Too many people are signing in. Try again.",
                status: .serviceUnavailable, retryAfterSeconds: PasswordHasher.retryAfterSeconds)
        }
    }

    private static let wrongCredentials = OAuthError(.invalidGrant, "The name or the password is wrong.")

    /// The access token may allow less than the session; the refresh token keeps what the session has (RFC 6749 §6).
    private func refreshGrant(_ parameters: TokenParameters, _ context: AppRequestContext) async throws -> Answer {
        let (text, requested) = (try parameters.required("refresh_token"), try parameters.optional("scope"))
        guard let token = RefreshToken(text) else { throw refusal(context, "not a refresh token") }
        let now = clock.now()
        let renewal = try await sessions.renew(token, at: now) { session in
            _ = try session.scope.narrowed(to: requested)
        }
        switch renewal {
        case .renewed(let session, let next):
            return try answer(session, try session.scope.narrowed(to: requested), next, at: now)
        case .unknown: throw refusal(context, "unknown token, or its session is over")
        case .reused(let id): throw refusal(context, "used before; session \(id.lowercase) is ended")
        }
    }

    private func answer(
        _ session: Session, _ scope: Scope, _ refreshToken: RefreshToken, at now: Date
    ) throws -> Answer {
        Answer(
            access_token: try tokens.issue(for: session, scope: scope, at: now),
            expires_in: tokens.life(for: session, at: now), refresh_token: refreshToken.text, scope: scope.text,
            account_id: session.accountID.lowercase)
    }

    private func refusal(_ context: AppRequestContext, _ reason: String) -> OAuthError {
        context.logger.info("Refresh refused.", metadata: ["reason": "\(reason)"])
        return OAuthError(.invalidGrant, "The refresh token is not good, or no longer.")
    }
}

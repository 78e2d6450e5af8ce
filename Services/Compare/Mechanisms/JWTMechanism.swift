import Hummingbird
import JWTAuth

/// `Authorization: Bearer` with an access token. The service verifies it by itself, also while login is down.
struct JWTMechanism: Mechanism {
    static let path = "jwt"

    let authenticator: JWTAuthenticator

    func protect(_ group: RouterGroup<AppRequestContext>) -> RouterGroup<AuthenticatedRequestContext> {
        group.behind(authenticator, .user)
    }
}

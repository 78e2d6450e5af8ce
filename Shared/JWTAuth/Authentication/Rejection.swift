import JWT
import Metrics
import ServiceRuntime

/// The reason why a request is rejected.
///
/// The log and the metrics get the exact reason. The caller gets only the information that RFC 6750 §3.1 provides for,
/// and whether the token has expired.
enum Rejection: Error {
    /// The request carries no token.
    case missingToken
    /// The verifier rejects the token.
    case invalidToken(JWTError)
    /// The token is valid, but it is not bound to this request, or it has no subject that the service can store.
    case otherRequest
    /// The token is revoked.
    case revoked
    /// The service knows too little about revoked tokens to accept any.
    case revocationsUnknown
    /// The link token was used before.
    case usedLink
    /// The token does not allow this scope.
    case missingScope(String)
    /// The token was issued to a registered client, and the route is for login's own client.
    case registeredClient
    /// The client acts as itself, and the route is about the rows of an account.
    case noAccount

    /// The reasons that the verifier does not know.
    private enum Reason: String, CaseIterable {
        case missing, request, revoked, stale, spent, scope, client
    }

    /// All values of the metric label `reason`.
    static let reasons = JWTError.Code.allCases.map(\.rawValue) + Reason.allCases.map(\.rawValue)

    /// The value of the metric label `reason`.
    var reason: String {
        switch self {
        case .invalidToken(let error): error.code.rawValue
        case .missingToken: Reason.missing.rawValue
        case .otherRequest: Reason.request.rawValue
        case .revoked: Reason.revoked.rawValue
        case .revocationsUnknown: Reason.stale.rawValue
        case .usedLink: Reason.spent.rawValue
        case .missingScope: Reason.scope.rawValue
        case .registeredClient, .noAccount: Reason.client.rawValue
        }
    }

    func count() { Self.counter(reason).increment() }

    /// The counter of the rejections for a reason.
    static func counter(_ reason: String, in factory: any MetricsFactory = MetricsSystem.factory) -> Counter {
        Counter(label: "door_refusals", dimensions: [("reason", reason)], factory: factory)
    }

    /// Additional text for the log.
    var detail: String {
        switch self {
        case .invalidToken(let error): "\(error)"
        case .revocationsUnknown: "too little is known about revoked tokens"
        case .missingScope(let scope): scope
        case .missingToken, .otherRequest, .revoked, .usedLink, .registeredClient, .noAccount: "-"
        }
    }

    /// The problem that the caller gets.
    func problem(_ challenge: BearerChallenge) -> Problem {
        switch self {
        case .missingToken: .missingToken(challenge)
        case .invalidToken(let error): .invalidToken(challenge, expired: error.code == .expired)
        case .otherRequest, .revoked, .usedLink: .invalidToken(challenge, expired: false)
        case .revocationsUnknown:
            .unavailable(code: "revocations_unknown", "The service does not know at present which tokens are revoked.")
        case .missingScope(let scope): .insufficientScope(challenge, missing: scope)
        case .registeredClient: .firstPartyOnly
        case .noAccount: .accountRequired
        }
    }
}

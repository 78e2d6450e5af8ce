import Hummingbird
import JWTAuth
import Logging
import Metrics
import ServiceRuntime

/// Identifies the client that sends a request to an OAuth endpoint, by `client_secret_basic`, `client_secret_post` or
/// `none` (RFC 6749 §2.3).
struct ClientAuthenticator: Sendable {
    let clients: ClientStore
    /// Slows down guesses. It is another one than that of passwords, because a client may have the name of an account.
    let throttle: LoginThrottle
    let clock: WallClock

    /// The registered client that sends a request; nil when the request names none and so comes from login's own client.
    ///
    /// - Throws: `OAuthError` with `invalid_client` when the authentication fails, with `invalid_request` when the
    ///   request carries two credentials, with 429 after too many failures; errors of the database.
    func client(
        of request: Request, _ parameters: TokenParameters, from context: AppRequestContext
    ) async throws -> Client? {
        guard let credentials = try ClientCredentials(of: request, parameters) else { return nil }
        let client = try await clients.find(credentials.id)
        // A public client has no secret that could be guessed.
        if let client, client.isPublic, credentials.secret == nil { return client }
        let address = NetworkAddress.network(of: context.peerAddress)
        guard let client = try check(credentials, of: client, from: address) else {
            Counter(label: "login_client_failures_total").increment()
            Logger.current.info("The authentication of a client failed.")
            throw OAuthError.invalidClient
        }
        return client
    }

    /// Compares the secret, unless the throttle rejects the attempt. The comparison waits for nothing, so requests that a
    /// client sends at once do not count as guesses.
    private func check(
        _ credentials: ClientCredentials, of client: Client?, from address: String
    ) throws(OAuthError) -> Client? {
        let now = clock.now()
        switch throttle.admit(.init(username: Username(credentials.id), address: address), at: now) {
        case .throttled(let seconds):
            throw OAuthError(
                .temporarilyUnavailable, "There were too many failed attempts. Try again later.",
                status: .tooManyRequests, retryAfterSeconds: seconds)
        case .admitted(let admission):
            let isRight =
                client.flatMap { client in
                    client.secretHash.map { credentials.secret?.matches($0) ?? false }
                } ?? false
            throttle.end(admission, as: isRight ? .success : .failure, at: now)
            return isRight ? client : nil
        }
    }
}

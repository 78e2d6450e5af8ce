import HTTPTypes

/// One request of a probe, and the rule of an RFC that decides about it.
struct Check: Sendable {
    /// What the rule demands of the service.
    enum Expectation: String {
        case rejection
        /// A rejection with the status 401 and a field `WWW-Authenticate` (RFC 9110 §15.5.2).
        case challenge
        case acceptance
        /// A rejection, or 501 from a server without the method (RFC 9110 §15.6.2).
        case rejectionOrNoMethod
        /// Any status below 500.
        case noError
    }

    /// What a check needs besides the good token.
    enum Need {
        case nothing, keys, publicKey, otherToken
        /// The method GET.
        case get
        /// A good token with an HMAC.
        case hmac
        /// A good token with an algorithm for which the probe can make a key.
        case ownKey
        /// Such a token, and a service that can fetch keys from the probe.
        case keyServer
    }

    /// The name, such as `alg-none`.
    let name: String
    /// The rule, such as `RFC 8725 §3.2`.
    let rule: String
    /// The request, as a noun phrase.
    let summary: String
    let expectation: Expectation
    let need: Need
    /// Makes the request; nil when the good token has nothing to change.
    let request: @Sendable (Forge) -> HostileRequest?

    init(
        _ name: String, _ rule: String, _ summary: String, expects expectation: Expectation = .rejection,
        needs need: Need = .nothing, _ request: @escaping @Sendable (Forge) -> HostileRequest?
    ) {
        self.name = name
        self.rule = rule
        self.summary = summary
        self.expectation = expectation
        self.need = need
        self.request = request
    }

    /// A check with a token in the usual form.
    static func token(
        _ name: String, _ rule: String, _ summary: String, expects expectation: Expectation = .rejection,
        needs need: Need = .nothing, _ token: @escaping @Sendable (Forge) -> HostileToken?
    ) -> Check {
        Check(name, rule, summary, expects: expectation, needs: need) { token($0).map(HostileRequest.bearer) }
    }

    /// What is missing for the check, as the end of a sentence; nil when nothing is.
    func obstacle(_ forge: Forge, _ target: ProbeTarget) -> String? {
        switch need {
        case .nothing: nil
        case .keys: forge.key == nil ? "needs --keys with the key that signs" : nil
        case .publicKey: forge.publicKey == nil ? "needs --keys with the private or public key" : nil
        case .otherToken: forge.otherToken == nil ? "needs --other-token" : nil
        case .get: target.method == .get ? nil : "needs the method GET"
        case .hmac: forge.usesHMAC ? nil : "needs a good token with HS256, HS384 or HS512"
        case .ownKey: forge.ownKey == nil ? noKey(forge) : nil
        case .keyServer:
            if forge.ownKey == nil {
                noKey(forge)
            } else {
                forge.keyServers == nil ? forge.noKeyServers : nil
            }
        }
    }

    private func noKey(_ forge: Forge) -> String {
        "the probe cannot sign with the algorithm \"\(forge.algorithm.escapedForTerminal)\" of the good token"
    }

    /// All checks, in the order in which they are made. After each group, the probe checks that the service still accepts the
    /// good token.
    static let groups = [requests, algorithms, signatures, keys, headers, encodings, claims]

    static let all = groups.flatMap(\.self)
}

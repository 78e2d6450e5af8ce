import CurlClient
import JWT

/// Sends the requests of all checks to a service, one after the other.
struct Probe {
    let target: ProbeTarget
    let forge: Forge
    /// The pause before each request.
    let pause: Duration
    /// The command that prints the hostile token of the check with a name.
    let printCommand: (String) -> String

    private static let responseTimeout: Duration = .seconds(5)
    /// The time for all requests, besides the pauses.
    private static let maximumDuration: Duration = .seconds(120)
    /// The longest pause that a service may ask for.
    private static let maximumRetryAfter: Duration = .seconds(30)
    /// The largest body of a response. A report needs only the status.
    private static let maximumResponseBytes = 64 << 20

    init(target: ProbeTarget, forge: Forge, pause: Duration, printCommand: @escaping (String) -> String) {
        self.target = target
        self.forge = forge
        self.pause = pause
        self.printCommand = printCommand
    }

    /// Makes all checks. The report has an error when the service does not accept the good token after them.
    ///
    /// - Throws: `CommandError` when the service does not accept the good token before the checks, or accepts requests without
    ///   a token.
    func run() async throws(CommandError) -> ProbeReport {
        try checkExpiry()
        let classifier = try ResponseClassifier(
            good: try await baseline(.good), missing: try await baseline(HostileRequest()),
            garbage: try await baseline(.bearer(forge.hostile("garbage"))))
        var results: [CheckResult] = []
        var obstacle: String?
        let end = ContinuousClock.now + Self.maximumDuration + pause * Check.all.count
        for check in Check.all {
            if obstacle == nil, ContinuousClock.now > end { obstacle = "the time for all requests is over" }
            if let obstacle {
                results.append(skipped(check, .unknown, obstacle))
            } else {
                results.append(await result(of: check, classifier, &obstacle))
            }
        }
        results = results.map { forge.keyServers?.wasContacted(for: $0.check.name) == true ? $0.afterFetch : $0 }
        if obstacle == Self.outage { return ProbeReport(target: target, results: results, error: nil) }
        let response = try? await send(.good)
        let isAccepted = response.map(classifier.isAccepted) ?? false
        return ProbeReport(
            target: target, results: isAccepted ? results : results.map(\.afterBlock),
            error: isAccepted ? nil : Self.block(response))
    }

    private static let outage = "the service does not respond any more"

    private static func block(_ response: ProbeResponse?) -> CommandError {
        .probe(
            "the service no longer accepts the good token (\(response.map { "status \($0.status)" } ?? "no response")), so "
                + "its rejections mean nothing; the token may be expired or revoked, or the service blocks clients after "
                + "failures. Give a new token, or a lower --rate")
    }

    /// A token that expires during the checks would make every rejection meaningless.
    private func checkExpiry() throws(CommandError) {
        let seconds = Int64((pause * Check.all.count).components.seconds) + 10
        guard let expiry = forge.claim("exp").flatMap(NumericDate.init) else { return }
        guard expiry > forge.now + seconds else {
            throw .probe("the good token expires in \(expiry - forge.now) seconds; the checks need \(seconds)")
        }
    }

    /// Makes a check. Sets `obstacle` when no further request may be sent.
    private func result(
        of check: Check, _ classifier: ResponseClassifier, _ obstacle: inout String?
    ) async -> CheckResult {
        if let missing = check.obstacle(forge, target) { return skipped(check, .skipped, missing) }
        guard let request = check.request(forge) else {
            return skipped(check, .skipped, "the good token has nothing to change")
        }
        let curl = request.curlLine(to: target, printing: printCommand(check.name))
        do throws(HTTPClientError) {
            let response = try await send(request)
            let (outcome, detail) = classifier.decide(response, check.expectation)
            if let pause = response.retryAfter, pause > Self.maximumRetryAfter {
                obstacle = "the service asks for a pause of \(pause.components.seconds) seconds"
            }
            return CheckResult(
                check: check, outcome: outcome, status: response.status, detail: detail, curl: curl,
                isLikeBlock: classifier.isLikeBlock(response))
        } catch {
            let isAlive = (try? await send(.good)) != nil
            if !isAlive { obstacle = Self.outage }
            return CheckResult(
                check: check, outcome: isAlive ? .unknown : .finding, status: nil,
                detail: isAlive ? "no response (\(error.code))" : "no response, and none to the good token after it",
                curl: curl)
        }
    }

    private func skipped(_ check: Check, _ outcome: CheckResult.Outcome, _ reason: String) -> CheckResult {
        CheckResult(check: check, outcome: outcome, status: nil, detail: "not sent: \(reason)", curl: nil)
    }

    private func baseline(_ request: HostileRequest) async throws(CommandError) -> ProbeResponse {
        do throws(HTTPClientError) {
            return try await send(request)
        } catch {
            throw .probe(error.description)
        }
    }

    /// Sends a request, and repeats it once after the pause that the service asks for.
    private func send(_ request: HostileRequest) async throws(HTTPClientError) -> ProbeResponse {
        let response = try await sendOnce(request)
        guard let pause = response.retryAfter, pause <= Self.maximumRetryAfter else { return response }
        try? await Task.sleep(for: pause)
        return try await sendOnce(request)
    }

    /// Sends a request on a new connection, as its curl line does. A service that leaves a body unread would take it for
    /// the next request of the connection.
    private func sendOnce(_ request: HostileRequest) async throws(HTTPClientError) -> ProbeResponse {
        try? await Task.sleep(for: pause)
        var configuration = HTTPClient.Configuration()
        configuration.maximumResponseBytes = Self.maximumResponseBytes
        let client = HTTPClient(configuration: configuration)
        let result: Result<HTTPClient.Response, HTTPClientError>
        do throws(HTTPClientError) {
            result = .success(
                try await client.execute(
                    request.request(to: target, goodToken: forge.goodToken, deadline: Self.responseTimeout)))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        return ProbeResponse(try result.get())
    }
}

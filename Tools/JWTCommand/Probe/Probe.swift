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

    init(target: ProbeTarget, forge: Forge, pause: Duration, printCommand: @escaping (String) -> String) {
        self.target = target
        self.forge = forge
        self.pause = pause
        self.printCommand = printCommand
    }

    /// Makes all checks.
    ///
    /// - Throws: `CommandError` when the service does not accept the good token before and after the checks, or accepts
    ///   requests without a token.
    func run() async throws(CommandError) -> [CheckResult] {
        try checkExpiry()
        let classifier = try ResponseClassifier(
            good: try await baseline(.good), missing: try await baseline(HostileRequest()),
            garbage: try await baseline(.bearer(forge.hostile("garbage"))))
        var results: [CheckResult] = []
        var obstacle: String?
        let end = ContinuousClock.now + Self.maximumDuration + pause * Check.all.count
        for check in Check.all {
            if obstacle == nil, ContinuousClock.now > end { obstacle = "the time for all requests is over" }
            let result =
                if let obstacle { skipped(check, .unknown, obstacle) } else { await self.result(of: check, classifier) }
            results.append(result)
            if result.detail == Self.outage { obstacle = "the service does not respond any more" }
        }
        if obstacle == nil, !classifier.isAccepted(try await baseline(.good)) {
            throw .probe(
                "the service no longer accepts the good token, so the results mean nothing; the token may be expired "
                    + "or revoked, or the service blocks clients after failures")
        }
        return results
    }

    /// A token that expires during the checks would make every rejection meaningless.
    private func checkExpiry() throws(CommandError) {
        let seconds = Int64((pause * Check.all.count).components.seconds) + 10
        guard let expiry = forge.claim("exp").flatMap(NumericDate.init) else { return }
        guard expiry > forge.now + seconds else {
            throw .probe("the good token expires in \(expiry - forge.now) seconds; the checks need \(seconds)")
        }
    }

    private func result(of check: Check, _ classifier: ResponseClassifier) async -> CheckResult {
        if let obstacle = check.obstacle(forge, target) { return skipped(check, .skipped, obstacle) }
        guard let request = check.request(forge) else {
            return skipped(check, .skipped, "the good token has nothing to change")
        }
        let curl = request.curlLine(to: target, printing: printCommand(check.name))
        do throws(HTTPClientError) {
            let response = try await send(request)
            let (outcome, detail) = classifier.decide(response, check.expectation)
            return CheckResult(check: check, outcome: outcome, status: response.status, detail: detail, curl: curl)
        } catch {
            let isAlive = (try? await send(.good)) != nil
            return CheckResult(
                check: check, outcome: isAlive ? .unknown : .finding, status: nil,
                detail: isAlive ? "no response (\(error.code))" : Self.outage, curl: curl)
        }
    }

    private static let outage = "no response, and none to the good token after it"

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

    /// Sends a request on a new connection, as its curl line does. A service that leaves a body unread would take it for
    /// the next request of the connection.
    private func send(_ request: HostileRequest) async throws(HTTPClientError) -> ProbeResponse {
        try? await Task.sleep(for: pause)
        let client = HTTPClient()
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

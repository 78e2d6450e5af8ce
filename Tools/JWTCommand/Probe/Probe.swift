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

    init(target: ProbeTarget, forge: Forge, pause: Duration, printCommand: @escaping (String) -> String) {
        self.target = target
        self.forge = forge
        self.pause = pause
        self.printCommand = printCommand
    }

    /// Makes all checks. The report has an error when the service no longer accepts the good token after a group of them.
    ///
    /// - Throws: `CommandError` when the service does not accept the good token before the checks, or accepts requests without
    ///   a token.
    func run() async throws(CommandError) -> ProbeReport {
        try checkExpiry()
        let classifier = try await classifier()
        var report = ProbeReport(target: target)
        var obstacle: String?
        let end = ContinuousClock.now + Self.maximumDuration + pause * Check.all.count
        for group in Check.groups {
            let first = report.results.count
            for check in group {
                if obstacle == nil, ContinuousClock.now > end { obstacle = Self.timeout }
                if let obstacle {
                    report.results.append(skipped(check, .unknown, obstacle))
                } else {
                    report.results.append(await result(of: check, classifier, &obstacle))
                }
            }
            guard obstacle != Self.outage, report.results[first...].contains(where: { $0.curl != nil }) else {
                continue
            }
            // Rejections mean nothing if the service rejects the good token too.
            let response = try? await send(.good)
            guard response.map(classifier.isAccepted) != true else { continue }
            for index in report.results.indices.dropFirst(first) {
                report.results[index] = report.results[index].afterBlock
            }
            obstacle = Self.block
            report.error = Self.block(response)
        }
        for (index, result) in report.results.enumerated()
        where result.curl != nil && forge.keyServers?.wasFetched(for: result.check.name) == true {
            report.results[index] = result.afterFetch
        }
        return report
    }

    private static let timeout = "the time for all requests is over"
    private static let outage = "the service does not respond any more"
    private static let block = "the service no longer accepts the good token"

    private static func block(_ response: ProbeResponse?) -> CommandError {
        .probe(
            "\(block) (\(response.map { "status \($0.status)" } ?? "no response")), so its latest rejections mean nothing; the "
                + "token may be expired or revoked, or the service blocks clients after failures. Give a new token, or a "
                + "lower --rate")
    }

    /// A token that expires during the checks would make every rejection meaningless.
    private func checkExpiry() throws(CommandError) {
        let seconds = Int64((pause * Check.all.count).components.seconds) + 10
        guard let expiry = forge.claim("exp").flatMap(NumericDate.init) else { return }
        guard expiry > forge.now + seconds else {
            throw .probe("the good token expires in \(expiry - forge.now) seconds; the checks need \(seconds)")
        }
    }

    /// Asks the service with the good token, without one, and with a text that is not one.
    private func classifier() async throws(CommandError) -> ResponseClassifier {
        let good = try await baseline(.good)
        let classifier = try ResponseClassifier(
            good: good, missing: try await baseline(HostileRequest()),
            garbage: try await baseline(.bearer(forge.hostile("garbage"))))
        guard classifier.needsBodies else { return classifier }
        guard try await baseline(.good).hasBody(of: good) else {
            throw .probe(
                "the service responds with 2xx to a text that is not a token, and to the good token each time with another "
                    + "body; give a URL whose response does not change")
        }
        return classifier
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
        let start = ContinuousClock.now
        do {
            let response = try await send(request)
            let (outcome, detail) = classifier.decide(response, check.expectation)
            if let pause = response.retryAfter, pause > Self.maximumRetryAfter {
                obstacle = "the service asks for a pause of \(pause.components.seconds) seconds"
            }
            return CheckResult(
                check: check, outcome: outcome, status: response.status, detail: detail, curl: curl,
                duration: start.duration(to: .now), isLikeBlock: classifier.isLikeBlock(response))
        } catch {
            let duration = start.duration(to: .now)
            let isAlive = (try? await send(.good)) != nil
            if !isAlive { obstacle = Self.outage }
            return CheckResult(
                check: check, outcome: isAlive ? .unknown : .finding, status: nil,
                detail: isAlive ? Self.detail(of: error) : "no response, and none to the good token after it",
                curl: curl, duration: duration)
        }
    }

    private static func detail(of error: any Error) -> String {
        "no valid response" + ((error as? HTTPClientError).map { " (\($0.code))" } ?? "")
    }

    private func skipped(_ check: Check, _ outcome: CheckResult.Outcome, _ reason: String) -> CheckResult {
        CheckResult(check: check, outcome: outcome, status: nil, detail: "not sent: \(reason)", curl: nil)
    }

    private func baseline(_ request: HostileRequest) async throws(CommandError) -> ProbeResponse {
        do {
            return try await send(request)
        } catch {
            throw .probe("\(error)")
        }
    }

    /// Sends a request, and repeats it once after the pause that the service asks for.
    private func send(_ request: HostileRequest) async throws -> ProbeResponse {
        let response = try await sendOnce(request)
        guard let pause = response.retryAfter, pause <= Self.maximumRetryAfter else { return response }
        try? await Task.sleep(for: pause)
        return try await sendOnce(request)
    }

    /// Sends a request on a new connection, as its curl line does. A service that leaves a body unread would take it for
    /// the next request of the connection.
    private func sendOnce(_ request: HostileRequest) async throws -> ProbeResponse {
        try? await Task.sleep(for: pause)
        let client = HTTPClient(configuration: target.configuration)
        let message = request.request(to: target, goodToken: forge.goodToken, deadline: Self.responseTimeout)
        let result: Result<ProbeResponse, any Error>
        do {
            result = .success(try await client.download(message, maximumBytes: .max) { await ProbeResponse($0) })
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        return try result.get()
    }
}

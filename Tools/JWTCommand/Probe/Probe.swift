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
    /// The time for pauses before hostile requests are repeated, if the service asks for none.
    private static let maximumPauses: Duration = .seconds(5)

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
        var budget = RetryBudget(Self.maximumPauses)
        let end = ContinuousClock.now + Self.maximumDuration + pause * Check.all.count
        for group in Check.groups {
            let first = report.results.count
            for check in group {
                if obstacle == nil, ContinuousClock.now > end { obstacle = Self.timeout }
                if let obstacle {
                    report.results.append(skipped(check, .unknown, obstacle))
                } else {
                    report.results.append(await result(of: check, classifier, &obstacle, &budget))
                }
            }
            guard obstacle != Self.outage, report.results[first...].contains(where: { $0.curl != nil }) else {
                continue
            }
            // Rejections mean nothing if the service rejects the good token too.
            let response = try? await sendGood()
            guard response.map(classifier.isAccepted) != true else { continue }
            for index in report.results.indices.dropFirst(first) {
                report.results[index] = report.results[index].afterBlock
            }
            obstacle = response.map { "\(Self.block) (status \($0.status))" } ?? Self.outage
            report.error = .probe(response.map(ResponseClassifier.reason) ?? Self.silence)
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
    private static let silence =
        "the service gives no valid response to the good token any more, so its latest rejections mean nothing. Try again "
        + "when it is ready"

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
        let good = try await baseline { try await sendGood() }
        var budget = RetryBudget(Self.maximumPauses)
        let missing = try await baseline { try await sendHostile(HostileRequest(), &budget) }
        let garbage = try await baseline { try await sendHostile(.bearer(forge.hostile("garbage")), &budget) }
        let classifier = try ResponseClassifier(good: good, missing: missing, garbage: garbage)
        guard classifier.needsBodies else { return classifier }
        guard try await baseline({ try await sendGood() }).hasBody(of: good) else {
            throw .probe(
                "the service responds with 2xx to a text that is not a token, and to the good token each time with another "
                    + "body; give a URL whose response does not change")
        }
        return classifier
    }

    /// Makes a check. Sets `obstacle` when no further request may be sent.
    private func result(
        of check: Check, _ classifier: ResponseClassifier, _ obstacle: inout String?, _ budget: inout RetryBudget,
        isRepetition: Bool = false
    ) async -> CheckResult {
        if let missing = check.obstacle(forge, target) { return skipped(check, .skipped, missing) }
        guard let request = check.request(forge) else {
            return skipped(check, .skipped, "the good token has nothing to change")
        }
        let curl = request.curlLine(to: target, printing: printCommand(check.name))
        let start = ContinuousClock.now
        do {
            let response = try await sendHostile(request, &budget)
            let (outcome, detail) = classifier.decide(response, check.expectation)
            if let pause = response.retryAfter, pause > RetryBudget.maximumRetryAfter {
                obstacle = "the service asks for a pause of \(pause.components.seconds) seconds"
            }
            return CheckResult(
                check: check, outcome: outcome, status: response.status, detail: detail, curl: curl,
                duration: start.duration(to: .now), isLikeBlock: classifier.isLikeBlock(response))
        } catch {
            let duration = start.duration(to: .now)
            let isAlive = (try? await sendOnce(.good)) != nil
            if !isAlive, (try? await sendGood()) == nil {
                obstacle = Self.outage
            } else if !isAlive, !isRepetition {
                // The service was restarted, because of this request or for another reason. The same again tells which.
                return await result(of: check, classifier, &obstacle, &budget, isRepetition: true)
            }
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

    private func baseline(_ request: () async throws -> ProbeResponse) async throws(CommandError) -> ProbeResponse {
        do {
            return try await request()
        } catch {
            throw .probe("\(error)")
        }
    }

    /// Sends the good token. Repeats the request a few times if the service is overloaded, restarts or fails: these say
    /// nothing about the token.
    private func sendGood() async throws -> ProbeResponse {
        var budget = RetryBudget(Self.maximumPauses)
        return try await send(.good, &budget) { status in
            guard let status else { return true }
            return status == 429 || 500..<600 ~= status
        }
    }

    /// Sends a hostile request. Repeats it a few times if the service is overloaded or limits its clients. A request that
    /// breaks the connection or makes the service fail is not repeated.
    private func sendHostile(_ request: HostileRequest, _ budget: inout RetryBudget) async throws -> ProbeResponse {
        try await send(request, &budget) { $0 == 429 || $0 == 503 }
    }

    /// Sends a request, and repeats it while the budget allows it and `isPassing` is true for the status, which is nil
    /// without a response.
    private func send(
        _ request: HostileRequest, _ budget: inout RetryBudget, isPassing: (_ status: Int?) -> Bool
    ) async throws -> ProbeResponse {
        let start = ContinuousClock.now
        var last: ProbeResponse?
        var repetitions = 0
        while true {
            let result: Result<ProbeResponse, any Error>
            do {
                var response = try await sendOnce(request)
                if let last, last.status == response.status { response.count += last.count }
                result = .success(response)
            } catch {
                result = .failure(error)
            }
            last = try? result.get()
            guard isPassing(last?.status),
                let pause = budget.pause(
                    after: repetitions, spent: start.duration(to: .now), retryAfter: last?.retryAfter)
            else { return try result.get() }
            try? await Task.sleep(for: pause)
            repetitions += 1
        }
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

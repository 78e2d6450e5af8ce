import HTTPTypes

/// One call of `HTTPClient.execute`: its attempts, one after the other, until one succeeds or no further one is allowed.
struct Call {
    private let request: HTTPClient.Request
    private let client: HTTPClient
    private let start = ContinuousClock.now
    private let limit: TimeLimit
    private let health: OriginHealth?
    private var head: RequestHead
    /// Where the body of the request comes from, instead of `request.body`.
    private let upload: RequestStream?
    /// Where the body of the response goes, instead of into the response.
    var download: ResponseStream?
    var maximumResponseBytes = 0
    private var attempts = 0
    private var openedConnections = 0
    private var openedCircuit = false
    private var wasSent = false

    init(
        _ request: HTTPClient.Request, of client: HTTPClient, upload: RequestStream?
    ) throws(HTTPClientError) {
        self.request = request
        self.client = client
        self.upload = upload
        limit = TimeLimit(
            request.deadline ?? client.configuration.deadline, after: start,
            inherited: client.configuration.inheritedDeadline())
        head = try RequestHead(request, of: client, deadline: limit.end, streamsBody: upload != nil)
        let needsHealth = client.configuration.breaksCircuits || request.retry.maximumAttempts > 1
        health = needsHealth ? client.origins.health(of: head.target.origin) : nil
        health?.addCall()
    }

    nonisolated(nonsending) mutating func run() async throws(HTTPClientError) -> HTTPClient.Response {
        guard limit.end > start else { throw deadlinePassed }
        guard var admission = admitAttempt() else {
            throw error(.circuitOpen, "the server failed repeatedly, so no request is sent to it at the moment")
        }
        while true {
            let (transfer, result) = await attempt(admission)
            guard let pause = pause(after: result, of: transfer), limit.timeLeft > pause, health?.takeRetry() == true
            else { return try result.get() }
            guard await Self.waits(for: pause) else { return try transfer.response(after: .cancelled) }
            guard limit.timeLeft > .zero else { throw deadlinePassed }
            head = try RequestHead(request, of: client, deadline: limit.end, streamsBody: upload != nil)
            // What the last attempt ended with says more than that the breaker has opened.
            guard let next = admitAttempt() else { return try result.get() }
            admission = next
        }
    }

    /// Describes the call after its end.
    func report(_ outcome: HTTPClient.CallReport.Outcome) -> HTTPClient.CallReport {
        .init(
            server: head.target.name, outcome: outcome, duration: .now - start, attempts: attempts,
            openedConnections: openedConnections, openedCircuit: openedCircuit)
    }

    private typealias Attempt = (transfer: Transfer, result: Result<HTTPClient.Response, HTTPClientError>)

    /// Asks the circuit breaker whether an attempt may begin; nil when it is open.
    private func admitAttempt() -> CircuitBreaker.Admission? {
        guard client.configuration.breaksCircuits, let health else { return CircuitBreaker.Admission() }
        return health.admitAttempt()
    }

    private nonisolated(nonsending) mutating func attempt(_ admission: CircuitBreaker.Admission) async -> Attempt {
        attempts += 1
        let transfer = Transfer(
            head, body: request.body, deadline: limit.end, maximumResponseBytes: maximumResponseBytes,
            wasSentBefore: wasSent)
        transfer.upload = upload
        transfer.download = download
        if client.configuration.breaksCircuits, let health { transfer.circuit = (health, admission) }
        await client.loop.run(transfer)
        let result: Result<HTTPClient.Response, HTTPClientError>
        do throws(HTTPClientError) {
            result = .success(try transfer.response(after: transfer.end))
        } catch {
            result = .failure(error)
        }
        if transfer.hasConnected { openedConnections += 1 }
        wasSent = wasSent || transfer.sends > 0
        if client.configuration.breaksCircuits,
            health?.endAttempt(admission, isHealthy: isHealthy(result, transfer)) == true
        {
            openedCircuit = true
        }
        return (transfer, result)
    }

    /// The pause before the next attempt; nil without a next attempt.
    private func pause(after result: Result<HTTPClient.Response, HTTPClientError>, of transfer: Transfer) -> Duration? {
        guard head.isIdempotent, upload == nil, download == nil else { return nil }
        switch result {
        case .success(let response): return request.retry.pause(after: response, attempts: attempts)
        case .failure(let error):
            return transfer.mayBeRepeated(after: error) ? request.retry.pause(afterAttempt: attempts) : nil
        }
    }

    /// Whether an attempt shows that the server responds; nil when it shows nothing.
    private func isHealthy(_ result: Result<HTTPClient.Response, HTTPClientError>, _ transfer: Transfer) -> Bool? {
        guard case .failure(let error) = result else { return true }
        switch error.code {
        case .connectionFailed, .tlsFailure, .connectionLost, .protocolError: return false
        case .responseTooLarge: return true
        case .timedOut: return isTimeoutOfServer(transfer) ? false : nil
        default: return nil
        }
    }

    /// Whether the server, and not the caller, needed too much time.
    private func isTimeoutOfServer(_ transfer: Transfer) -> Bool {
        // A caller may allow too little time, or read or write a stream slowly.
        let isPatient = !limit.isInherited && request.deadline == nil
        let waitsForReader = transfer.isPaused || download != nil && transfer.response.isFinalHeadComplete
        return transfer.wasStarted && isPatient && !waitsForReader
    }

    private var deadlinePassed: HTTPClientError { error(.timedOut, "the deadline passed before the request was sent") }

    private func error(_ code: HTTPClientError.Code, _ reason: String) -> HTTPClientError {
        HTTPClientError(
            code: code, description: "\(head.method.rawValue) to \(head.target.name) failed: \(reason)",
            requestMayHaveBeenSent: wasSent)
    }

    /// Waits. Returns false as soon as the task is cancelled.
    private static func waits(for pause: Duration) async -> Bool {
        do {
            try await Task.sleep(for: pause)
            return true
        } catch {
            return false
        }
    }
}

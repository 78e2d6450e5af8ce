import HTTPTypes
import Synchronization
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    /// A breaker that has just opened.
    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<CircuitBreaker.maximumFailures { _ = breaker.fail(at: start) }
        return breaker
    }

    @Test func `a breaker opens after several failures in a row`() {
        var breaker = CircuitBreaker()
        var opened: [Bool] = []
        for _ in 1..<CircuitBreaker.maximumFailures { opened.append(breaker.fail(at: start)) }
        breaker.succeed()
        for _ in 1..<CircuitBreaker.maximumFailures { opened.append(breaker.fail(at: start)) }
        #expect(!opened.contains(true))
        let (isAdmitted, hasOpened, isAdmittedThen) = (
            breaker.admits(at: start), breaker.fail(at: start), breaker.admits(at: start)
        )
        #expect(isAdmitted && hasOpened && !isAdmittedThen)
    }

    @Test func `an open breaker admits one probe at a time after its pause`() {
        var breaker = opened()
        let admitted = [249, 250, 3_600_000].map { breaker.admits(at: start + .milliseconds($0)) }
        #expect(admitted == [false, true, false])
    }

    @Test func `a probe that succeeds closes the breaker`() {
        var breaker = opened()
        let isAdmitted = breaker.admits(at: start + .seconds(1))
        breaker.succeed()
        let isAdmittedThen = breaker.admits(at: start + .seconds(1))
        let hasOpened = breaker.fail(at: start + .seconds(1))
        #expect(isAdmitted && isAdmittedThen && !hasOpened)
    }

    @Test func `a probe that fails doubles the pause up to one second`() {
        var breaker = opened()
        var now = start
        for pause in [250, 500, 1000, 1000] {
            let isTooEarly = !breaker.admits(at: now + .milliseconds(pause - 1))
            now += .milliseconds(pause)
            let isAdmitted = breaker.admits(at: now)
            let hasOpened = breaker.fail(at: now)
            #expect(isTooEarly && isAdmitted && hasOpened, "pause \(pause)")
        }
    }

    @Test func `a probe without a result lets the next request be the probe`() {
        var breaker = opened()
        let isAdmitted = breaker.admits(at: start + .seconds(1))
        breaker.abandon(at: start + .seconds(1))
        let isAdmittedThen = breaker.admits(at: start + .seconds(1))
        #expect(isAdmitted && isAdmittedThen)
    }

    @Test func `a request that failed before the breaker opened has no effect on an open breaker`() {
        var breaker = opened()
        let hasOpened = breaker.fail(at: start + .milliseconds(200))
        let isAdmitted = breaker.admits(at: start + .milliseconds(250))
        #expect(!hasOpened && isAdmitted)
    }

    @Test func `a client with a breaker sends nothing to a server that fails, and sends again when it responds`()
        async throws
    {
        let isHealthy = Mutex(false)
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil, isHealthy.withLock({ $0 }) {
                connection.send(CannedResponse.hello)
            }
        }
        let client = HTTPClient.with { $0.breaksCircuits = true }
        for _ in 0..<CircuitBreaker.maximumFailures {
            #expect(try await client.failure(.init(url: server.url())).code == .connectionLost)
        }
        let error = try await client.failure(.init(method: .post, url: server.url()))
        #expect(error.code == .circuitOpen)
        #expect(!error.requestMayHaveBeenSent)
        #expect(server.requests.count == CircuitBreaker.maximumFailures)

        isHealthy.withLock { $0 = true }
        while try await client.result(.init(url: server.url())) == nil { try await Task.sleep(for: .milliseconds(20)) }
        #expect(server.requests.count == CircuitBreaker.maximumFailures + 1)
    }

    @Test func `a caller that allows too little time does not open the breaker`() async throws {
        let stalling = StallingServer(after: "")
        let client = HTTPClient.with {
            $0.breaksCircuits = true
            $0.inheritedDeadline = { .now + .milliseconds(10) }
        }
        for _ in 0...CircuitBreaker.maximumFailures {
            #expect(try await client.failure(.init(url: stalling.server.url())).code == .timedOut)
        }
    }
}

extension HTTPClient {
    /// The response; nil when the circuit breaker is open.
    fileprivate func result(_ request: Request) async throws -> Response? {
        do throws(HTTPClientError) {
            return try await execute(request)
        } catch {
            guard error.code == .circuitOpen else { throw error }
            return nil
        }
    }
}

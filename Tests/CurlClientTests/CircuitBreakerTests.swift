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
        for _ in 0..<CircuitBreaker.maximumFailures { _ = sendFailing(to: &breaker, at: start) }
        return breaker
    }

    /// Sends a request that fails at once. Returns whether that opened the breaker; nil when it was not admitted.
    private func sendFailing(to breaker: inout CircuitBreaker, at now: ContinuousClock.Instant) -> Bool? {
        breaker.admit(at: now).map { breaker.fail($0, at: now) }
    }

    @Test func `a breaker opens after several failures in a row`() {
        var breaker = CircuitBreaker()
        var opened: [Bool?] = []
        for _ in 1..<CircuitBreaker.maximumFailures { opened.append(sendFailing(to: &breaker, at: start)) }
        breaker.succeed()
        for _ in 1...CircuitBreaker.maximumFailures { opened.append(sendFailing(to: &breaker, at: start)) }
        #expect(opened == Array(repeating: false, count: 2 * (CircuitBreaker.maximumFailures - 1)) + [true])
        let admission = breaker.admit(at: start)
        #expect(admission == nil)
    }

    @Test func `an open breaker admits a probe after its pause and a further one each second`() {
        var breaker = opened()
        let admitted = [249, 250, 251, 1249, 1250, 1251, 2250].map {
            breaker.admit(at: start + .milliseconds($0)) != nil
        }
        #expect(admitted == [false, true, false, false, true, false, true])
    }

    @Test func `a probe that succeeds closes the breaker`() {
        var breaker = opened()
        let isAdmitted = breaker.admit(at: start + .seconds(1)) != nil
        breaker.succeed()
        let hasOpened = sendFailing(to: &breaker, at: start + .seconds(1))
        #expect(isAdmitted && hasOpened == false)
    }

    @Test func `a probe that fails doubles the pause up to one second`() {
        var breaker = opened()
        var now = start
        for pause in [250, 500, 1000, 1000] {
            let early = sendFailing(to: &breaker, at: now + .milliseconds(pause - 1))
            now += .milliseconds(pause)
            let hasOpened = sendFailing(to: &breaker, at: now)
            #expect(early == nil && hasOpened == true, "pause \(pause)")
        }
    }

    @Test func `a probe without a result lets the next request be the probe`() throws {
        var breaker = opened()
        let first = breaker.admit(at: start + .seconds(1))
        breaker.abandon(try #require(first), at: start + .seconds(1))
        let isAdmittedThen = breaker.admit(at: start + .seconds(1)) != nil
        #expect(isAdmittedThen)
    }

    @Test func `a request that failed before the breaker opened has no effect on an open breaker`() throws {
        var breaker = CircuitBreaker()
        let early = breaker.admit(at: start)
        for _ in 0..<CircuitBreaker.maximumFailures { _ = sendFailing(to: &breaker, at: start) }
        let hasOpened = breaker.fail(try #require(early), at: start + .milliseconds(200))
        let isAdmitted = breaker.admit(at: start + .milliseconds(250)) != nil
        #expect(!hasOpened && isAdmitted)
    }

    @Test(arguments: [true, false])
    func `a request that was sent before the breaker opened is not the result of the probe`(_ fails: Bool) throws {
        var breaker = CircuitBreaker()
        let early = breaker.admit(at: start)
        for _ in 0..<CircuitBreaker.maximumFailures { _ = sendFailing(to: &breaker, at: start) }
        let now = start + .milliseconds(250)
        let probe = breaker.admit(at: now)
        if fails {
            let hasOpened = breaker.fail(try #require(early), at: now)
            #expect(!hasOpened)
        } else {
            breaker.abandon(try #require(early), at: now)
        }
        let second = breaker.admit(at: now)
        #expect(second == nil)
        // The result of the probe still counts: the pause doubles.
        let hasOpened = breaker.fail(try #require(probe), at: now)
        let admitted = [499, 500].map { breaker.admit(at: now + .milliseconds($0)) != nil }
        #expect(hasOpened)
        #expect(admitted == [false, true])
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

    /// The codes of calls, one after the other, of a client whose deadline is short.
    private func codes(
        _ call: (HTTPClient) async throws -> Void
    ) async -> [HTTPClientError.Code?] {
        let client = HTTPClient.with {
            $0.breaksCircuits = true
            $0.deadline = .milliseconds(100)
        }
        var codes: [HTTPClientError.Code?] = []
        for _ in 0...CircuitBreaker.maximumFailures {
            do {
                try await call(client)
                codes.append(nil)
            } catch {
                codes.append((error as? HTTPClientError)?.code)
            }
        }
        return codes
    }

    @Test func `a server that accepts no connection before the deadline opens the breaker`() async throws {
        let unresponsive = UnresponsivePort()
        let codes = await codes { client in
            _ = try await client.execute(.init(url: "http://127.0.0.1:\(unresponsive.port)/"))
        }
        #expect(codes == Array(repeating: .timedOut, count: CircuitBreaker.maximumFailures) + [.circuitOpen])
    }

    @Test func `downloads and uploads that their tasks delay do not open the breaker`() async throws {
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\n\r\n")
                while connection.send(String(repeating: "a", count: 1 << 16)) {}
            }
        }
        let downloads = await codes { client in
            try await client.download(.init(url: server.url()), maximumBytes: .max) { response in
                try await Task.sleep(for: .milliseconds(200))
                for try await _ in response.body {}
            }
        }
        #expect(downloads == Array(repeating: .timedOut, count: 1 + CircuitBreaker.maximumFailures))
        let uploads = await codes { client in
            _ = try await client.upload(.init(method: .put, url: server.url()), length: 9) { writer in
                await writer.write([1])
                try await Task.sleep(for: .milliseconds(200))
                await writer.write([UInt8](repeating: 1, count: 8))
            }
        }
        #expect(uploads == Array(repeating: .timedOut, count: 1 + CircuitBreaker.maximumFailures))
    }

    @Test func `a probe whose response is still arriving closes the breaker`() async throws {
        let isRead = OneTimeEvent()
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                if request.requestLine.contains("/broken") { return }
                guard request.requestLine.contains("/slow") else {
                    connection.send(CannedResponse.hello)
                    continue
                }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
                isRead.blockingWait()
                connection.send("a")
            }
        }
        let client = HTTPClient.with { $0.breaksCircuits = true }
        for _ in 0..<CircuitBreaker.maximumFailures { _ = try await client.failure(.init(url: server.url("/broken"))) }
        var body: [UInt8]?
        while body == nil {
            do {
                body = try await client.download(.init(url: server.url("/slow")), maximumBytes: 1) { response in
                    #expect(try await client.execute(.init(url: server.url())).status == .ok)
                    isRead.signal()
                    return try await response.body.next()
                }
            } catch let error as HTTPClientError where error.code == .circuitOpen {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(body == Array("a".utf8))
    }

    @Test func `a call during which the breaker opens has the error of its last attempt`() async throws {
        let server = ScriptedServer { _ = $0.readRequest() }
        let client = HTTPClient.with { $0.breaksCircuits = true }
        let policy = HTTPClient.RetryPolicy(maximumAttempts: 9, firstPause: .zero)
        #expect(try await client.failure(.init(url: server.url(), retry: policy)).code == .connectionLost)
        #expect(server.requests.count == CircuitBreaker.maximumFailures)
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

import CurlClient
import Glibc
import HTTPTypes
import Testing

/// The work of the client's thread while there is nothing to do.
@Suite(.timeLimit(.minutes(1)))
struct WaitingTests {
    /// Longer than the connect timeout of the client, so no time of libcurl is left to wait for.
    private static let longMilliseconds = 800

    private let client = HTTPClient.with { $0.connectTimeout = .milliseconds(200) }

    /// The CPU time of the client's thread so far.
    private func threadTime() async -> Duration {
        await withTaskExecutorPreference(client.executor) {
            var time = timespec()
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
    }

    /// Checks that the client's thread sleeps nearly all the time that `wait` takes. A thread that polls would work all that time.
    private func expectSleep(while wait: () async throws -> Void) async throws {
        let before = await threadTime()
        try await wait()
        let work = await threadTime() - before
        #expect(work < .milliseconds(50))
    }

    /// A server that responds after a long time.
    private func slowServer() -> ScriptedServer {
        ScriptedServer { connection in
            _ = connection.readRequest()
            OneTimeEvent().blockingWait(milliseconds: Self.longMilliseconds)
            connection.send(CannedResponse.hello)
        }
    }

    @Test func `the client sleeps while a response is slow`() async throws {
        let server = slowServer()
        try await expectSleep { _ = try await client.execute(.init(url: server.url())) }
    }

    @Test func `the client sleeps while a slow response arrives on a reused connection`() async throws {
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                if connection.server.requests.count > 1 {
                    OneTimeEvent().blockingWait(milliseconds: Self.longMilliseconds)
                }
                connection.send(CannedResponse.hello)
            }
        }
        _ = try await client.execute(.init(url: server.url()))
        try await expectSleep { _ = try await client.execute(.init(url: server.url())) }
        #expect(server.connections == 1)
    }

    @Test func `the client sleeps while a server sends a body slowly`() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")
            OneTimeEvent().blockingWait(milliseconds: Self.longMilliseconds)
            connection.send("o")
        }
        try await expectSleep { _ = try await client.execute(.init(url: server.url())) }
    }

    @Test func `the client sleeps while nobody reads the response`() async throws {
        let mustWait = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.setSendTimeout(milliseconds: Self.longMilliseconds)
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send(String(repeating: "a", count: 1 << 16)) {}
            mustWait.signal()
        }
        try await client.download(.init(url: server.url()), maximumBytes: .max) { _ in
            try await expectSleep { await mustWait.wait() }
        }
    }

    @Test func `the client sleeps while the writer of a body waits`() async throws {
        let hasWaited = OneTimeEvent()
        let server = ScriptedServer { connection in
            guard connection.readBytes(1).count == 1 else { return }
            OneTimeEvent().blockingWait(milliseconds: Self.longMilliseconds)
            hasWaited.signal()
            connection.waitForClose()
        }
        try await expectSleep {
            _ = try? await client.upload(.init(method: .put, url: server.url(), deadline: .seconds(20)), length: 2) {
                await $0.write([1])
                await hasWaited.wait()
                throw CancellationError()
            }
        }
    }

    @Test func `the client sleeps while a connection is being made`() async throws {
        let unresponsive = UnresponsivePort()
        let url = "http://127.0.0.1:\(unresponsive.port)/"
        try await expectSleep {
            // Each attempt lasts as long as the connect timeout.
            for _ in 1...4 {
                let error = try await client.failure(.init(url: url))
                #expect(error.code == .connectionFailed)
            }
        }
    }

    @Test func `the client sleeps after servers have closed idle connections`() async throws {
        let isClosed = OneTimeEvent()
        let closing = ScriptedServer(didClose: { _ in isClosed.signal() }) { connection in
            _ = connection.readRequest()
            connection.send(CannedResponse.hello)
        }
        _ = try await client.execute(.init(url: closing.url()))
        await isClosed.wait()
        let server = slowServer()
        try await expectSleep { _ = try await client.execute(.init(url: server.url())) }
    }
}

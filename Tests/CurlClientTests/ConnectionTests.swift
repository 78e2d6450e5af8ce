import CurlClient
import Glibc
import HTTPTypes
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func `sequential requests share one connection`() async throws {
        let client = HTTPClient()
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        for _ in 0..<2000 {
            #expect(try await client.execute(.init(url: server.url())).body == Array("hello".utf8))
        }
        #expect(server.connections == 1)
        #expect(server.requests.count == 2000)
    }

    @Test func `requests with and without bodies share one connection`() async throws {
        let client = HTTPClient()
        let server = ScriptedServer.responding(with: CannedResponse.empty)
        for method in [HTTPRequest.Method.get, .post, .put, .delete, .get] {
            let body: [UInt8]? = method == .post || method == .put ? [1, 2, 3] : nil
            _ = try await client.execute(.init(method: method, url: server.url(), body: body))
        }
        #expect(server.connections == 1)
        #expect(server.requests.map(\.body.count) == [0, 3, 3, 0, 0])
    }

    @Test func `each of 200 concurrent requests gets its own response`() async throws {
        let client = HTTPClient()
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                let line = request.requestLine
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(line.utf8.count)\r\n\r\n\(line)")
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let response = try await client.execute(.init(url: server.url("/\(number)")))
                    #expect(response.body == Array("GET /\(number) HTTP/1.1".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 200)
        #expect(server.connections <= HTTPClient.Configuration().maximumConnectionsPerHost)
    }

    @Test(arguments: [(3, 100), (100, 3)])
    func `the number of open connections stays within the configured limits`(_ perHost: Int, _ total: Int) async throws
    {
        let client = HTTPClient.with {
            $0.maximumConnectionsPerHost = perHost
            $0.maximumConnections = total
        }
        let arrived = OneTimeEvent()
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                // The first responses wait until the maximum number of requests has arrived.
                if connection.server.requests.count == 3 { arrived.signal() }
                arrived.blockingWait()
                connection.send(CannedResponse.empty)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<30 { group.addTask { _ = try await client.execute(.init(url: server.url())) } }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 30)
        #expect(server.maximumOpenConnections == 3)
    }

    @Test func `a busy host does not delay requests to other hosts`() async throws {
        let client = HTTPClient.with { $0.maximumConnectionsPerHost = 1 }
        let done = OneTimeEvent()
        let busy = ScriptedServer { connection in
            while connection.readRequest() != nil {
                done.blockingWait()
                connection.send(CannedResponse.empty)
            }
        }
        let other = ScriptedServer.responding(with: CannedResponse.empty)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { _ = try await client.execute(.init(url: busy.url())) } }
            for _ in 0..<3 { _ = try await client.execute(.init(url: other.url())) }
            #expect(busy.requests.count <= 1)
            done.signal()
            try await group.waitForAll()
        }
        #expect(busy.requests.count == 3)
    }

    @Test func `a connection that the server closed while idle is replaced`() async throws {
        let client = HTTPClient()
        let closed = OneTimeEvent()
        let server = ScriptedServer(didClose: { if $0 == 1 { closed.signal() } }) { connection in
            _ = connection.readRequest()
            connection.send(CannedResponse.empty)
        }
        _ = try await client.execute(.init(method: .post, url: server.url()))
        await closed.wait()
        _ = try await client.execute(.init(method: .post, url: server.url()))
        #expect(server.connections == 2)
        #expect(server.requests.count == 2)
    }

    @Test func `a connection that the server closes while idle is closed at this end too`() async throws {
        let isClosed = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(CannedResponse.hello)
            shutdown(connection.socket, CInt(SHUT_WR))
            connection.waitForClose()
            isClosed.signal()
        }
        let client = HTTPClient()
        _ = try await client.execute(.init(url: server.url()))
        await isClosed.wait()
    }

    @Test(arguments: [false, true])
    func `an idempotent request survives reused connections that break, however often`(_ isReset: Bool) async throws {
        let server = ScriptedServer { connection in
            guard connection.readRequest() != nil, connection.send(CannedResponse.empty) else { return }
            _ = connection.readRequest()
            if isReset { connection.resetOnClose() }
        }
        let client = HTTPClient()
        for _ in 0..<20 { _ = try await client.execute(.init(url: server.url())) }
        #expect(server.connections == 20)
        #expect(server.requests.count == 39)
    }

    @Test(arguments: [nil, [1, 2, 3]])
    func `a POST on a reused connection that breaks fails and is not sent twice`(_ body: [UInt8]?) async throws {
        let server = breakingOnReuse()
        let client = HTTPClient()
        _ = try await client.execute(.init(url: server.url()))
        let error = try await client.failure(.init(method: .post, url: server.url(), body: body, retry: .standard))
        #expect(error.code == .connectionLost)
        #expect(error.requestMayHaveBeenSent)
        #expect(server.requests.count == 2)
    }

    @Test func `a connection that was idle for longer than its lifetime is replaced`() async throws {
        let client = HTTPClient.with { $0.idleLifetime = .seconds(1) }
        let server = ScriptedServer.responding(with: CannedResponse.empty)
        _ = try await client.execute(.init(url: server.url()))
        try await Task.sleep(for: .seconds(2.1))
        _ = try await client.execute(.init(url: server.url()))
        #expect(server.connections == 2)
    }

    /// A server whose first three connections get one response each, and then none. Later connections get all.
    private func partlyDeadServer(path: String? = nil) -> ScriptedServer {
        let arrived = OneTimeEvent()
        return ScriptedServer(path: path) { connection in
            while connection.readRequest() != nil {
                if connection.server.requests.count == 3 { arrived.signal() }
                arrived.blockingWait()
                connection.send(CannedResponse.hello)
                if connection.number <= 3 { break }
            }
            connection.waitForClose()
        }
    }

    @Test func `a call that times out on a kept connection is the last one to try such a connection`() async throws {
        let client = HTTPClient()
        let server = partlyDeadServer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { _ = try await client.execute(.init(url: server.url())) } }
            try await group.waitForAll()
        }
        let error = try await client.failure(.init(url: server.url(), deadline: .milliseconds(200)))
        #expect(error.code == .timedOut)
        #expect(try await client.execute(.init(url: server.url())).status == .ok)
        #expect(server.connections == 4)
    }

    @Test func `a call that times out ends kept connections to a unix socket while another call goes on`() async throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path("server")
        let client = HTTPClient.with { $0.unixSocketPath = path }
        let server = partlyDeadServer(path: path)
        let url = "http://catalog/"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { _ = try await client.execute(.init(url: url)) } }
            try await group.waitForAll()
        }
        let other = Task { try await client.execute(.init(url: url, deadline: .seconds(3000))) }
        await Task.yield()
        let error = try await client.failure(.init(url: url, deadline: .milliseconds(500)))
        #expect(error.code == .timedOut)
        #expect(try await client.execute(.init(url: url, deadline: .seconds(5))).status == .ok)
        #expect(server.connections == 4)
        other.cancel()
        _ = await other.result
    }

    @Test func `a call that times out while others get responses leaves the kept connections open`() async throws {
        let client = HTTPClient()
        let isClosed = OneTimeEvent()
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                if request.requestLine.contains("/slow") {
                    connection.waitForClose()
                    return isClosed.signal()
                }
                connection.send(CannedResponse.hello)
            }
        }
        _ = try await client.execute(.init(url: server.url()))
        async let slow = client.failure(.init(url: server.url("/slow"), deadline: .milliseconds(500)))
        while server.requests.count < 2 { await Task.yield() }
        _ = try await client.execute(.init(url: server.url()))
        #expect(try await slow.code == .timedOut)
        await isClosed.wait()
        _ = try await client.execute(.init(url: server.url()))
        #expect(server.connections == 2)
    }

    @Test func `a call that times out on a kept connection does not end a download that nobody reads meanwhile`()
        async throws
    {
        let body = [UInt8](repeating: 1, count: 16 << 20)
        let (haveArrived, mustWait) = (OneTimeEvent(), OneTimeEvent())
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                if request.requestLine.contains("/silent") { return connection.waitForClose() }
                guard request.requestLine.contains("/large") else {
                    // Two requests at once open two connections.
                    if connection.server.requests.count == 2 { haveArrived.signal() }
                    haveArrived.blockingWait()
                    connection.send(CannedResponse.hello)
                    continue
                }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
                connection.setSendTimeout(milliseconds: 300)
                let rest = connection.sendPart(of: body[...])
                mustWait.signal()
                connection.setSendTimeout(milliseconds: 0)
                connection.sendPart(of: rest)
            }
        }
        let client = HTTPClient()
        async let first = client.execute(.init(url: server.url()))
        async let second = client.execute(.init(url: server.url()))
        _ = try await (first, second)
        let large = HTTPClient.Request(url: server.url("/large"))
        let count = try await client.download(large, maximumBytes: body.count) { response in
            await mustWait.wait()
            let error = try await client.failure(.init(url: server.url("/silent"), deadline: .milliseconds(200)))
            #expect(error.code == .timedOut)
            var count = 0
            for try await part in response.body { count += part.count }
            return count
        }
        #expect(count == body.count)
        #expect(server.connections == 2)
    }

    @Test func `limits below the minimum are raised to the minimum`() async throws {
        let client = HTTPClient.with {
            $0.maximumConnections = -1
            $0.maximumConnectionsPerHost = 0
            $0.idleLifetime = .seconds(-5)
        }
        let server = ScriptedServer.responding(with: CannedResponse.empty)
        #expect(try await client.execute(.init(url: server.url())).status == .ok)
    }

    /// A server whose first connection closes after it has read the second request.
    private func breakingOnReuse() -> ScriptedServer {
        ScriptedServer { connection in
            guard connection.readRequest() != nil, connection.send(CannedResponse.empty) else { return }
            guard connection.readRequest() != nil else { return }
            if connection.number > 1 { connection.send(CannedResponse.empty) }
        }
    }
}

import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    let client = HTTPClient.with { $0.maximumResponseBytes = 1000 }

    @Test(arguments: [
        "Content-Length: 1000\r\n\r\n" + String(repeating: "a", count: 1000),
        "\r\n" + String(repeating: "a", count: 1000),
    ])
    func `a body of exactly the maximum size is accepted`(_ rest: String) async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n" + rest)
        }
        #expect(try await client.execute(.init(url: server.url())).body.count == 1000)
    }

    @Test(arguments: [
        ("a body one byte too long", "Content-Length: 1001\r\n\r\n", "a"),
        ("an endless body", "\r\n", "aaaaaaaa"),
        ("endless chunks", "Transfer-Encoding: chunked\r\n\r\n", "8\r\naaaaaaaa\r\n"),
        ("endless fields", "", "X: y\r\n"),
        ("one endless field", "X: ", "yyyyyyyy"),
        ("endless folds", "X: y\r\n", " y\r\n"),
        ("endless trailer fields", "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
        ("endless informational responses", "Content-Length: 0\r\n", "\r\nHTTP/1.1 103 Early\r\n"),
    ])
    func `a response that exceeds a limit is aborted at once`(_ name: String, _ start: String, _ part: String)
        async throws
    {
        let closed = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 \(name == "endless informational responses" ? 103 : 200) X\r\n" + start)
            let parts = String(repeating: part, count: 100)
            while connection.send(parts) {}
            closed.signal()
        }
        let error = try await client.failure(.init(url: server.url()))
        #expect(error.code == .responseTooLarge, "\(error)")
        #expect(error.requestMayHaveBeenSent)
        await closed.wait()
    }
}

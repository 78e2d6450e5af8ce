import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ResponseTests {
    let client = HTTPClient()
    let xOne: HTTPField.Name
    let link: HTTPField.Name

    init() throws {
        xOne = try #require(HTTPField.Name("X-One"))
        link = try #require(HTTPField.Name("Link"))
    }

    private func response(
        to method: HTTPRequest.Method = .get, _ text: String
    ) async throws(HTTPClientError) -> HTTPClient.Response {
        let server = ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send(text)
        }
        return try await client.execute(.init(method: method, url: server.url()))
    }

    @Test func `the status, header fields and body of a response are returned unchanged`() async throws {
        let response = try await response(
            to: .get,
            "HTTP/1.1 201 Created\r\nX-One:  a b \r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 3\r\n\r\nabc")
        #expect(response.status == .created)
        #expect(response.headers[xOne] == "a b")
        #expect(response.headers[values: .setCookie] == ["a", "b"])
        #expect(response.body == Array("abc".utf8))
    }

    @Test(arguments: [
        ("chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
        ("ended by the close", "HTTP/1.1 200 OK\r\n\r\nabc", "abc"),
        ("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nabc", "abc"),
        ("with bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "abc"),
        ("after 100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"),
        ("after 103", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    ])
    func `a body with any framing is complete`(_ name: String, _ text: String, _ body: String) async throws {
        let response = try await response(text)
        #expect(response.status == .ok)
        #expect(response.body == Array(body.utf8))
        #expect(response.headers[link] == nil, "the field belongs to the informational response")
    }

    @Test func `the body of a large response is complete`() async throws {
        let body = String(repeating: "0123456789abcdef", count: 1 << 15)
        let response = try await response("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(response.body == Array(body.utf8))
    }

    @Test(arguments: [204, 304, 404, 409, 500, 503])
    func `every final status is a response`(_ status: Int) async throws {
        let head = "HTTP/1.1 \(status) X\r\nRetry-After: 1\r\n"
        let response = try await response(
            head + (status == 204 || status == 304 ? "\r\n" : "Content-Length: 0\r\n\r\n"))
        #expect(response.status.code == status)
        #expect(response.headers[.retryAfter] == "1")
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is not followed`(_ status: Int) async throws {
        let elsewhere = ScriptedServer.responding(with: CannedResponse.hello)
        let response = try await response(
            "HTTP/1.1 \(status) X\r\nLocation: \(elsewhere.url())\r\nContent-Length: 0\r\n\r\n")
        #expect(response.status.code == status)
        #expect(response.headers[.location] == elsewhere.url())
        #expect(elsewhere.connections == 0)
    }

    @Test func `the response to HEAD has a length and no body`() async throws {
        let response = try await response(to: .head, "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")
        #expect(response.headers[.contentLength] == "9999999")
        #expect(response.body.isEmpty)
    }

    @Test func `a content coding is not decoded`() async throws {
        let response = try await response(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
        #expect(response.body == Array("abcd".utf8))
    }

    @Test func `a folded header field is one field`() async throws {
        let response = try await response("HTTP/1.1 200 OK\r\nX-One: a\r\n  b\r\nContent-Length: 0\r\n\r\n")
        #expect(response.headers[xOne] == "a b")
    }

    @Test func `trailer fields are dropped`() async throws {
        let response = try await response(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-One: b\r\n\r\n")
        #expect(response.status == .ok)
        #expect(response.headers[xOne] == nil)
    }

    @Test func `a cookie is not sent back`() async throws {
        let server = ScriptedServer.responding(with: "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        for _ in 1...2 { _ = try await client.execute(.init(url: server.url())) }
        #expect(server.requests.allSatisfy { $0.values("cookie").isEmpty })
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n", "\0\0\0\0\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX y: z\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nHTTP/1.1 500 X\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc",
    ])
    func `a response that is not valid HTTP is rejected`(_ text: String) async throws {
        let error = try await #require(throws: HTTPClientError.self) { try await response(text) }
        #expect(error.code == .protocolError)
        #expect(error.requestMayHaveBeenSent)
    }
}

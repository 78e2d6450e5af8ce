import CurlClient
import HTTPTypes
import TestSupport
import Testing

/// Certificates, unix sockets, gzip and HTTP/2.
@Suite(.timeLimit(.minutes(1)))
struct PeerTests {
    @Test func `a server whose certificate a private authority signed is trusted`() async throws {
        let server = try await TLSServer()
        let client = HTTPClient.with { $0.trustedAuthoritiesPath = server.certificate.path }
        #expect(try await client.execute(.init(url: "https://localhost:\(server.port)/")).status == .ok)
    }

    @Test func `a private authority does not vouch for another name`() async throws {
        let server = try await TLSServer()
        let client = HTTPClient.with { $0.trustedAuthoritiesPath = server.certificate.path }
        let error = try await client.failure(.init(url: "https://127.0.0.1:\(server.port)/"))
        #expect(error.code == .tlsFailure)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `a missing file of authorities is a TLS failure`() async throws {
        let server = try await TLSServer()
        let client = HTTPClient.with { $0.trustedAuthoritiesPath = "/nothing.pem" }
        #expect(try await client.failure(.init(url: "https://localhost:\(server.port)/")).code == .tlsFailure)
    }

    @Test func `a server that demands a certificate gets the configured one`() async throws {
        let server = try await TLSServer(demandsCertificate: true)
        let without = HTTPClient.with { $0.trustedAuthoritiesPath = server.certificate.path }
        _ = try await without.failure(.init(url: "https://localhost:\(server.port)/"))
        let with = HTTPClient.with {
            $0.trustedAuthoritiesPath = server.certificate.path
            $0.clientCertificate = .init(certificatePath: server.certificate.path, keyPath: server.certificate.keyPath)
        }
        #expect(try await with.execute(.init(url: "https://localhost:\(server.port)/")).status == .ok)
    }

    @Test func `a client with a unix socket sends all requests to it`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("server")
        let server = ScriptedServer(path: path) { connection in
            while connection.readRequest() != nil { connection.send(CannedResponse.hello) }
        }
        let client = HTTPClient.with { $0.unixSocketPath = path }
        for _ in 1...2 {
            #expect(try await client.execute(.init(url: "http://catalog/a")).body == Array("hello".utf8))
        }
        #expect(server.connections == 1)
        #expect(server.requests.map { $0.values("host") } == [["catalog"], ["catalog"]])
    }

    @Test func `a missing unix socket is a failed connection`() async throws {
        let client = HTTPClient.with { $0.unixSocketPath = "/nothing" }
        let error = try await client.failure(.init(url: "http://catalog/a"))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
    }

    /// The response to a request that accepts gzip.
    private func gzipped(
        _ body: [UInt8], coding: String = "gzip", _ client: HTTPClient = HTTPClient()
    ) async throws -> HTTPClient.Response {
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                let isAccepted = request.values("accept-encoding") == ["gzip"]
                connection.send(
                    "HTTP/1.1 \(isAccepted ? 200 : 406) X\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n"
                )
                connection.send(bytes: body)
            }
        }
        // The second request uses the same handle of libcurl.
        let response = try await client.execute(.init(url: server.url(), acceptsGzip: true))
        #expect(try await client.execute(.init(url: server.url())).status == .notAcceptable)
        return response
    }

    @Test(arguments: [
        "gzip", "X-GZip", ", gzip,", "identity, gzip", "gzip,identity", "gzip\r\nContent-Encoding: identity",
    ])
    func `a body that was compressed on request is decompressed`(_ coding: String) async throws {
        let response = try await gzipped(Self.hello, coding: coding)
        #expect(response.status == .ok)
        #expect(response.body == Array("hello".utf8))
    }

    @Test func `the size limit applies to the decompressed body`() async throws {
        let client = HTTPClient.with { $0.maximumResponseBytes = 50_000 }
        #expect(Self.zeros.count < 1000)
        let error = try await #require(throws: HTTPClientError.self) { try await gzipped(Self.zeros, client) }
        #expect(error.code == .responseTooLarge)
    }

    @Test func `a body that is not the gzip it claims to be is an invalid response`() async throws {
        let error = try await #require(throws: HTTPClientError.self) { try await gzipped(Array("hello".utf8)) }
        #expect(error.code == .protocolError)
    }

    @Test(arguments: [hello, [0], [1, 2]])
    func `data after the end of a compressed body is an invalid response`(_ data: [UInt8]) async throws {
        let error = try await #require(throws: HTTPClientError.self) { try await gzipped(Self.hello + data) }
        #expect(error.code == .protocolError)
    }

    @Test func `HTTP 2 with prior knowledge works for concurrent and later requests`() async throws {
        let server = ScriptedServer { HTTP2Script.respond(on: $0) }
        let client = HTTPClient.with { $0.protocolVersion = .http2PriorKnowledge }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let response = try await client.execute(.init(url: server.url()))
                    #expect(response.status == .ok)
                    #expect(response.body == Array("hello".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await client.execute(.init(url: server.url())).status == .ok)
    }

    @Test func `an HTTP 2 client uses HTTP 1 with a server that does not offer more`() async throws {
        let server = try await TLSServer()
        let client = HTTPClient.with {
            $0.trustedAuthoritiesPath = server.certificate.path
            $0.protocolVersion = .http2
        }
        #expect(try await client.execute(.init(url: "https://localhost:\(server.port)/")).status == .ok)
    }

    /// `hello`, compressed with gzip.
    private static let hello: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
    ]

    /// 100,000 zeros, compressed with gzip.
    private static let zeros: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 245, 79, 109, 13, 15, 160, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 87, 3, 125, 149, 17, 212, 160, 134, 1, 0,
    ]
}

import CurlClient
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing
import Tracing

@testable import JWTAuth
@testable import OTLPTracing
@testable import ServiceRuntime

/// The spans of calls to other services.
@Suite(.timeLimit(.minutes(1))) struct CallSpanTests {
    private let queue = SpanQueue(maximumCount: 10, batchCount: 10)
    private let http = HTTPClient.betweenServices(deadline: .seconds(10))

    /// Calls `url` and returns the span of the call.
    private func span(of url: String) async throws -> SpanRecord {
        await withTracer(OTLPTracer(sampler: Sampler(ratio: 1, isParentBased: true), queue: queue)) {
            _ = try? await http.executeInSpan(.init(url: url), to: "orders")
        }
        await http.shutdown()
        #expect(queue.count == 1)
        return try #require(queue.batch().first)
    }

    @Test(arguments: [(200, nil), (304, nil), (400, "400"), (404, "404"), (500, "500"), (503, "503")])
    func `a call is an error if its response has a status from 400 up`(status: Int, type: String?) async throws {
        let router = Router()
        router.get("/secret") { _, _ in HTTPResponse.Status(code: status) }
        try await Application(router: router).test(.live) { server in
            let span = try await span(of: "http://127.0.0.1:\(try #require(server.port))/secret")
            #expect(span.name == "GET")
            #expect(span.kind == .client)
            #expect(span.attributes.get("http.request.method") == "GET")
            #expect(span.attributes.get("service.peer.name") == "orders")
            #expect(span.attributes.get("http.response.status_code") == .int64(Int64(status)))
            #expect(span.attributes.get("error.type") == type.map { .string($0) })
            #expect(span.status?.code == (type == nil ? nil : .error))
            #expect(!"\(span)".contains("secret"))
        }
    }

    @Test func `a call without a response is an error with the kind of failure`() async throws {
        let span = try await span(of: "http://127.0.0.1:1/")
        #expect(span.attributes.get("http.response.status_code") == nil)
        #expect(span.attributes.get("error.type") == "connectionFailed")
        #expect(span.status?.code == .error)
    }
}

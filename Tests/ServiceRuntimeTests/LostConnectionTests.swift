import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import ServiceRuntime

@Suite struct LostConnectionTests {
    @Test func `a response that is written after the connection was lost leaves no request in flight`() throws {
        let channel = EmbeddedChannel()
        let admission = AdmissionLimit(ConnectionLimits(), eventLoop: channel.eventLoop)
        let handler = ConnectionGuard(
            limits: ConnectionLimits(), admission: admission, logger: Logger(label: "test"))
        try channel.pipeline.syncOperations.addHandler(handler)
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["host": "a"])
        for _ in 1...2 {
            try channel.writeInbound(HTTPServerRequestPart.head(head))
            try channel.writeInbound(HTTPServerRequestPart.end(nil))
        }
        #expect(admission.requestsInFlight == 1)
        channel.pipeline.fireChannelInactive()
        // The response to the first request. The second one would be in flight after it.
        channel.write(HTTPServerResponsePart.head(.init(version: .http1_1, status: .ok)), promise: nil)
        channel.write(HTTPServerResponsePart.end(nil), promise: nil)
        #expect(admission.requestsInFlight == 0)
    }
}

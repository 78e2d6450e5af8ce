import Hummingbird
import JWTAuth
import Logging
import NIOEmbedded
import Testing

@testable import CompareService

@Suite struct ServerTimingTests {
    @Test func `a cancelled request does not become a problem, which would count as an error of the service`() async {
        let context = AppRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: Logger(label: "test")))
        let request = Request(
            head: .init(method: .get, scheme: "http", authority: "a", path: "/"), body: .init(buffer: .init()))
        await #expect(throws: CancellationError.self) {
            try await ServerTimingMiddleware().handle(request, context: context) { _, _ in throw CancellationError() }
        }
    }
}

import Foundation
import Hummingbird
import Logging
import ServiceRuntime
import Testing

@testable import LoginService

@Suite struct PageContextTests {
    private struct Source: RequestContextSource {
        let logger = Logger(label: "test")
    }

    private func pageContext() throws -> PageContext {
        PageContext(
            coreContext: .init(source: Source()), cookie: SessionCookie(), client: .unknown, network: "unknown",
            notice: nil, now: Date(timeIntervalSince1970: 0), templates: try PageTemplates())
    }

    @Test func `a form context cannot be created for a form that was not checked`() throws {
        let page = try pageContext()
        #expect(throws: Problem.self) { try FormContext(context: page) }
    }

    @Test func `a signed-in page context cannot be created without a session`() throws {
        let page = try pageContext()
        #expect(throws: SignInRequired.self) { try SignedInPageContext(context: page) }
    }

    @Test func `a page that was cancelled is no error page, which would count as an error of the service`() throws {
        let page = try pageContext()
        #expect(throws: CancellationError.self) { try page.response(to: CancellationError()) }
        #expect(try page.response(to: Problem.notFound()).status == .notFound)
    }

    @Test(arguments: [
        ("2026-01-31T00:00:00Z", "31 Jan 2026, 00:00 UTC"), ("2026-02-01T09:05:59Z", "1 Feb 2026, 09:05 UTC"),
        ("2026-09-09T23:59:00Z", "9 Sep 2026, 23:59 UTC"), ("2027-12-24T12:30:00Z", "24 Dec 2027, 12:30 UTC"),
    ])
    func `a page shows a time in UTC with an English month`(rfc3339: String, text: String) throws {
        #expect(Timestamp(try Date(rfc3339, strategy: .iso8601)).text == text)
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct RoutingTests {
    private func run(_ body: @Sendable (ServiceClient) async throws -> Void) async throws {
        func addRoutes(to router: Router<PlainContext>) {
            router.get("things/{id}") { _, context in try context.parameters.id().lowercase }
            router.delete("things/{id}") { _, _ in "deleted" }
            router.put("things/mine") { _, _ in "mine" }
            router.get("named/{name}") { _, context in try context.parameters.id("name").lowercase }
            router.get("unnamed/{name}") { _, context in try context.parameters.id().lowercase }
        }
        try await EchoService.run(addRoutes: addRoutes) { client in
            try await body { try await client.send($0, $1) }
        }
    }

    private typealias ServiceClient = @Sendable (HTTPRequest.Method, String) async throws -> ReceivedResponse

    @Test(arguments: ["/nothing", "/", "/things", "/things/a/b", "/scope/x"])
    func `a path without routes does not exist for any method`(path: String) async throws {
        try await run { send in
            for method in [HTTPRequest.Method.get, .head, .post, .put, .patch, .delete, .options, .trace] {
                let response = try await send(method, path)
                #expect(response.status == 404)
                #expect(method == .head || response.code == "not_found")
            }
        }
    }

    @Test(arguments: [
        ("/scope", HTTPRequest.Method.put, "GET, HEAD, OPTIONS, POST"),
        ("/scope/", .delete, "GET, HEAD, OPTIONS, POST"),
        ("/healthz", .post, "GET, HEAD, OPTIONS"), ("/openapi.json", .patch, "GET, HEAD, OPTIONS"),
        ("/things/7", .post, "DELETE, GET, HEAD, OPTIONS"), ("/things/mine", .post, "OPTIONS, PUT"),
        ("/things/mine", .patch, "OPTIONS, PUT"),
    ])
    func `a path that does not support the method says which methods it supports`(
        path: String, method: HTTPRequest.Method, allow: String
    ) async throws {
        try await run { send in
            let response = try await send(method, path)
            #expect(response.status == 405)
            #expect(response.code == "method_not_allowed")
            #expect(response["detail"] == "This path supports the methods \(allow).")
            #expect(response.headers[.allow] == allow)
            let options = try await send(.options, path)
            #expect(options.status == 204)
            #expect(options.text == "")
            #expect(options.headers[.allow] == allow)
        }
    }

    @Test func `OPTIONS for the whole service names the methods of all its paths`() async throws {
        try await run { send in
            let response = try await send(.options, "*")
            #expect(response.status == 204)
            #expect(response.headers[.allow] == "DELETE, GET, HEAD, OPTIONS, POST, PUT")
        }
    }

    @Test func `a HEAD response is a GET response without its body`() async throws {
        try await EchoService.run(.live) { client in
            let get = try await client.send(.get, "/scope", headers: [.requestID: "abc"])
            let head = try await client.send(.head, "/scope", headers: [.requestID: "abc"])
            #expect(get.status == 200 && head.status == 200)
            #expect(get.text == "abc" && head.text == "")
            #expect(head.headers[.contentLength] == get.headers[.contentLength])
        }
    }

    @Test func `a path parameter is an id in lower or upper case, and any other text is not found`() async throws {
        let id = "0198f2b4-0000-7000-8000-00000000000a"
        try await run { send in
            let capital = try await send(.get, "/things/\(id.uppercased())")
            #expect(capital.text == id)
            let (thing, named) = (try await send(.get, "/things/\(id)"), try await send(.get, "/named/\(id)"))
            #expect(thing.text == id)
            #expect(named.text == id)
            for path in ["/things/7", "/things/\(id)%00", "/unnamed/\(id)"] {
                let response = try await send(.get, path)
                #expect(response.status == 404, "\(path)")
            }
        }
    }

    @Test func `the routes of a service are known without the HEAD routes that follow from them`() async throws {
        let application = try await EchoService.buildApplication(
            reader: .init(environment: ["LOG_LEVEL": "critical"]), clock: .system)
        #expect(
            Set(application.routes) == [
                Route(method: .get, path: "/healthz"), Route(method: .get, path: "/readyz"),
                Route(method: .get, path: "/metrics"), Route(method: .get, path: "/openapi.json"),
                Route(method: .get, path: "/fail"), Route(method: .get, path: "/scope"),
                Route(method: .post, path: "/scope"),
            ])
    }

    @Test(arguments: [(16_000, 200), (17_000, 431)])
    func `a header that is too large is rejected`(bytes: Int, status: Int) async throws {
        try await EchoService.run(.live) { client in
            let response = try? await client.send(
                .get, "/healthz", headers: [.userAgent: String(repeating: "x", count: bytes)])
            #expect(status == 200 ? response?.status == 200 : response?.status != 200)
        }
    }
}

import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct ShopFileTests {
    @Test func `a static file has its content type and is sent again only after a change`() async throws {
        try await LoginUnderTest.run { login in
            for (path, type) in [
                ("/shop/", "text/html"), ("/shop/shop.css", "text/css"), ("/assets/pass.svg", "image/svg+xml"),
            ] {
                let response = try await login.client.send(.get, path)
                #expect(response.status == 200 && response.headers[.contentType]?.hasPrefix(type) == true)
                let tag = try #require(response.headers[.eTag])
                let again = try await login.client.send(.get, path, headers: [.ifNoneMatch: tag])
                #expect(again.status == 304 && again.text.isEmpty && again.headers[.eTag] == tag)
            }
            let folder = try await login.client.send(.get, "/shop")
            #expect(folder.status == 308 && folder.headers[.location] == "/shop/")
        }
    }

    @Test(arguments: [
        "/shop/nothing.js", "/shop/../templates/layout.mustache", "/shop/%2e%2e/templates/layout.mustache",
        "/shop/..%2ftemplates/layout.mustache", "/shop//etc/passwd", "/shop/shop.css/x", "/shop/index.html/..",
    ])
    func `a path that names no file of the shop is rejected`(path: String) async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.client.send(.get, path)
            #expect([400, 404].contains(response.status))
        }
    }

    @Test func `the pages of the shop know the addresses of the services and may connect to no others`() async throws {
        let environment = ["SHOP_CATALOG_URL": "https://catalog.example", "SHOP_INBOX_URL": "http://localhost:9"]
        try await LoginUnderTest.run(environment: environment) { login in
            let config = try await login.client.send(.get, "/shop/config.json")
            #expect(config["catalog"] == "https://catalog.example" && config["inbox"] == "http://localhost:9")
            #expect(config["orders"] == "http://localhost:8082" && config["login"]?.isEmpty == true)
            let policy = try await login.client.send(.get, "/shop/").headers[.contentSecurityPolicy]
            #expect(
                policy?.contains(
                    "connect-src 'self' https://catalog.example http://localhost:8082 http://localhost:9;") == true)
        }
    }
}

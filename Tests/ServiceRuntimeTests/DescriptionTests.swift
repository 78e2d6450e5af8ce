import Foundation
import Hummingbird
import HummingbirdTesting
import ServiceRuntime
import Testing

@Suite struct `The description of a service` {
    typealias Object = [String: Any]

    private func description(
        of operation: String, method: String = "get", path: String = "/things", cookies: String = "off"
    ) throws -> Object {
        let settings = try Settings.read(reader(["TOKEN_COOKIE": cookies])) {
            ServiceSettings(name: "test", defaultPort: 0, &$0)
        }
        let own = Data(#"{"tags": [{"name": "things"}], "paths": {"\#(path)": {"\#(method)": \#(operation)}}}"#.utf8)
        let json = try OpenAPIDocument(of: settings, own: [own]).json
        return try #require(JSONSerialization.jsonObject(with: json) as? Object)
    }

    private func member(_ document: Object, _ path: String...) -> Object? {
        path.reduce(document) { ($0 as Object?)?[$1] as? Object ?? [:] }
    }

    @Test func `has what all services have, and its own`() throws {
        let document = try description(of: #"{"responses": {"200": {"description": "Things."}}}"#)
        #expect(document["openapi"] as? String == "3.1.1")
        #expect(Set(try #require(document["paths"] as? Object).keys).isSuperset(of: ["/healthz", "/things"]))
        #expect((document["tags"] as? [Object])?.compactMap { $0["name"] as? String } == ["things", "operations"])
        let response = try #require(member(document, "paths", "/things", "get", "responses", "200", "headers"))
        #expect(response["X-Request-Id"] != nil)
    }

    @Test(arguments: [
        (#"{}"#, "get", "/things", "off", ["500", "503"]),
        (#"{}"#, "delete", "/things/{id}", "off", ["404", "500", "503", "507"]),
        (#"{"security": [{"userToken": []}]}"#, "get", "/things", "off", ["400", "401", "500", "503"]),
        (#"{"security": [{"userToken": ["a"]}]}"#, "get", "/things", "off", ["400", "401", "403", "500", "503"]),
        (
            #"{"security": [{"userToken": []}]}"#, "post", "/things", "on",
            ["400", "401", "403", "500", "503", "507"]
        ),
        (
            #"{"requestBody": {"content": {"application/json": {}}}}"#, "post", "/things", "off",
            ["400", "413", "415", "422", "500", "503", "507"]
        ),
        (
            #"{"requestBody": {"content": {"application/json": {}, "text/plain": {}}}}"#, "post", "/things", "off",
            ["413", "500", "503", "507"]
        ),
        (
            ##"{"parameters": [{"$ref": "#/components/parameters/limit"}]}"##, "get", "/things", "off",
            ["422", "500", "503"]
        ),
    ])
    func `gives every operation the answers that follow from what it is`(
        operation: String, method: String, path: String, cookies: String, statuses: [String]
    ) throws {
        let document = try description(of: operation, method: method, path: path, cookies: cookies)
        let answers = try #require(member(document, "paths", path, method, "responses"))
        #expect(answers.keys.sorted() == statuses)
    }

    @Test func `leaves an operation what it says itself of an response`() throws {
        let document = try description(of: #"{"responses": {"503": {"description": "Closed."}}}"#)
        #expect(
            member(document, "paths", "/things", "get", "responses", "503")?["description"] as? String == "Closed.")
    }

    @Test(arguments: [("off", ["userToken"]), ("on", ["cookieToken", "userToken"])])
    func `names the cookie where cookies are on, and no scheme that nothing uses`(
        cookies: String, schemes: [String]
    ) throws {
        let document = try description(of: #"{"security": [{"userToken": ["a"]}]}"#, cookies: cookies)
        #expect(member(document, "components", "securitySchemes")?.keys.sorted() == schemes)
        let operation = try #require(member(document, "paths", "/things", "get"))
        let security = try #require(operation["security"] as? [[String: [String]]])
        #expect(security.flatMap(\.keys).sorted() == schemes)
        #expect(security.allSatisfy { $0.values.allSatisfy { $0 == ["a"] } })
    }
}

@Suite struct `The page /docs` {
    @Test(arguments: ["/docs", "/docs/", "/docs/index.html"])
    func `is there without Swagger UI, and says how to get it`(path: String) async throws {
        try await application(["SWAGGER_UI": "/nowhere"]).test(.router) { client in
            let page = try await client.execute(uri: path, method: .get)
            #expect(page.status == .ok)
            #expect(page.headers[.contentType]?.hasPrefix("text/html") == true)
            #expect(page.headers[.contentSecurityPolicy]?.contains("script-src 'self';") == true)
            #expect(page.headers[.xContentTypeOptions] == "nosniff")
            #expect(String(buffer: page.body).contains("scripts/setup"))
            #expect(try await client.execute(uri: "/docs/swagger-ui.css", method: .get).status == .notFound)
        }
    }

    @Test func `has Swagger UI's files where they are, whole also to someone who asks for a part`() async throws {
        try await withSwaggerUI { client in
            for headers in [HTTPFields(), [.range: "bytes=1000-"], [.range: "bytes=-3"]] {
                let file = try await client.execute(uri: "/docs/swagger-ui.css", method: .get, headers: headers)
                #expect(file.status == .ok)
                #expect(file.headers[.contentType] == "text/css; charset=utf-8")
                #expect(String(buffer: file.body) == "body {}")
                #expect(file.headers[.cacheControl] == "no-cache")
            }
        }
    }

    @Test(arguments: [
        "/docs/../secret", "/docs/%2e%2e/secret", "/docs/..%2fsecret", "/docs/%2e%2e%2fsecret", "/docs/x/../../secret",
        "/docs/%252e%252e/secret", "/docs//etc/passwd", "/docs/%2fetc/passwd", "/docs/..%5csecret", "/docs%2f../secret",
        "/docs/%00", "/docs/swagger-ui.css%00", "/docs/%ff", "/docsecret", "/secret", "/docs/folder", "/docs/.",
    ])
    func `gives nothing that lies elsewhere`(path: String) async throws {
        try await withSwaggerUI { client in
            let response = try await client.execute(uri: path, method: .get)
            #expect([.notFound, .badRequest, .movedPermanently].contains(response.status))
            #expect(!String(buffer: response.body).contains("the secret"))
        }
    }

    private func withSwaggerUI(_ body: @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "docs-\(UUID())")
        try files.createDirectory(at: folder.appending(path: "ui/folder"), withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        try Data("body {}".utf8).write(to: folder.appending(path: "ui/swagger-ui.css"))
        try Data("the secret".utf8).write(to: folder.appending(path: "secret"))
        try await application(["SWAGGER_UI": folder.appending(path: "ui").path]).test(.router) { try await body($0) }
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@Suite struct StaticFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["index.html", "shop.css", "main.js", "pass.svg", "LICENSE", "notes.txt", ".hidden"] {
            try Data("content of \(name)".utf8).write(to: folder.file(name))
        }
        try FileManager.default.createDirectory(at: folder.file("folder"), withIntermediateDirectories: true)
    }

    private func files(_ headers: HTTPFields = [:]) throws -> [String: StaticFile] {
        try StaticFile.files(in: folder.url, headers: headers)
    }

    private func response(_ file: StaticFile?, _ knownTag: String? = nil) throws -> Response {
        var headers = HTTPFields()
        headers[.ifNoneMatch] = knownTag
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/", headerFields: headers)
        return try #require(file).response(to: Request(head: head, body: RequestBody(buffer: .init())))
    }

    @Test func `the files of a folder are served with their content types, without files of other types`() throws {
        let files = try files()
        let types = try files.mapValues { try response($0).headers[.contentType] }
        #expect(
            types == [
                "index.html": "text/html; charset=utf-8", "shop.css": "text/css; charset=utf-8",
                "main.js": "text/javascript; charset=utf-8", "pass.svg": "image/svg+xml",
            ])
    }

    @Test func `a response has the given header fields and those that every file has`() throws {
        let policy = "default-src 'none'"
        let response = try response(files([.contentSecurityPolicy: policy, .cacheControl: "no-store"])["main.js"])
        #expect(response.status == .ok)
        #expect(response.headers[.contentSecurityPolicy] == policy)
        #expect(response.headers[.cacheControl] == "no-cache")
        #expect(response.headers[.xContentTypeOptions] == "nosniff")
        #expect(response.headers[.contentLength] == "\("content of main.js".utf8.count)")
    }

    @Test func `the entity tag is strong and changes with the content`() throws {
        let tag = try #require(response(files()["main.js"]).headers[.eTag])
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.utf8.count > 20)
        #expect(try response(files()["main.js"]).headers[.eTag] == tag)
        #expect(try response(files()["shop.css"]).headers[.eTag] != tag)
        try Data("new content".utf8).write(to: folder.file("main.js"))
        #expect(try response(files()["main.js"]).headers[.eTag] != tag)
    }

    @Test(arguments: [
        "{tag}", "W/{tag}", "*", "\"a\", {tag}", "\"a\" ,\t{tag} ,\"b\"", "\"a\",W/{tag}", " * ", "\"a,b\", {tag}",
        ",, {tag},",
    ])
    func `a client with the current version gets no body`(field: String) throws {
        let file = try files([.referrerPolicy: "no-referrer"])["main.js"]
        let tag = try #require(response(file).headers[.eTag])
        let response = try response(file, field.replacing("{tag}", with: tag))
        #expect(response.status == .notModified)
        #expect(response.body.contentLength == 0)
        #expect(response.headers[.eTag] == tag)
        #expect(response.headers[.referrerPolicy] == "no-referrer")
        #expect(response.headers[.contentType] == nil)
    }

    @Test(arguments: [
        "", "\"a\"", "{bare}", "{tag}x", "x{tag}", "w/{tag}", "W/W/{tag}", ",", "\"*\"", "\"a,*,b\"", "\"a\", *",
        "\"a\" {tag}",
    ])
    func `a client with another version gets the file`(field: String) throws {
        let file = try files()["main.js"]
        let tag = try #require(response(file).headers[.eTag])
        let bare = tag.replacing("\"", with: "")
        let response = try response(file, field.replacing("{tag}", with: tag).replacing("{bare}", with: bare))
        #expect(response.status == .ok)
    }

    @Test func `a folder that does not exist is an error`() {
        #expect(throws: (any Error).self) { try StaticFile.files(in: folder.file("none"), headers: [:]) }
    }
}

@Suite struct DocumentationPageTests {
    @Test(arguments: ["/docs", "/docs/", "/docs/index.html"])
    func `the page without the files of Swagger UI says how to get them`(path: String) async throws {
        try await EchoService.run(.router, ["SWAGGER_UI": "/nowhere"]) { client in
            let page = try await client.send(.get, path)
            #expect(page.status == 200)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.contentSecurityPolicy]?.contains("script-src 'self';") == true)
            #expect(page.headers[.xContentTypeOptions] == "nosniff")
            #expect(page.headers[.referrerPolicy] == "no-referrer")
            #expect(page.text.contains("scripts/setup"))
            #expect(try await client.send(.get, "/docs/start.js").status == 200)
            #expect(try await client.send(.get, "/docs/swagger-ui.css").status == 404)
        }
    }

    @Test func `the files of Swagger UI are served whole, also if a client asks for a part`() async throws {
        try await withSwaggerUI { client in
            for headers in [HTTPFields(), [.range: "bytes=1000-"], [.range: "bytes=-3"]] {
                let file = try await client.send(.get, "/docs/swagger-ui.css", headers: headers)
                #expect(file.status == 200)
                #expect(file.headers[.contentType] == "text/css; charset=utf-8")
                #expect(file.text == "body {}")
                #expect(file.headers[.cacheControl] == "no-cache")
            }
        }
    }

    @Test(arguments: ["/docs/swagger-ui.css", "/openapi.json"])
    func `a client that has the current version gets 304, also for HEAD`(path: String) async throws {
        try await withSwaggerUI { client in
            let tag = try #require(try await client.send(.get, path).headers[.eTag])
            for method in [HTTPRequest.Method.get, .head] {
                let response = try await client.send(method, path, headers: [.ifNoneMatch: "\"a\", W/\(tag)"])
                #expect(response.status == 304)
                #expect(response.text == "")
                #expect(response.headers[.eTag] == tag)
            }
        }
    }

    @Test func `a HEAD response of a documentation file has its length but no body`() async throws {
        try await withSwaggerUI { client in
            let file = try await client.send(.head, "/docs/swagger-ui.css")
            #expect(file.status == 200)
            #expect(file.text == "")
            #expect(file.headers[.contentLength] == "7")
        }
    }

    @Test func `a file of Swagger UI replaces a file of the service with the same name`() async throws {
        try await withSwaggerUI { client in
            let file = try await client.send(.get, "/docs/start.js")
            #expect(file.text == "replaced")
        }
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .delete, .options])
    func `a documentation file exists for GET and HEAD only`(method: HTTPRequest.Method) async throws {
        try await withSwaggerUI { client in
            let response = try await client.send(method, "/docs/swagger-ui.css")
            #expect(response.status == 404)
        }
    }

    @Test(arguments: [
        "/docs/../secret.js", "/docs/%2e%2e/secret.js", "/docs/..%2fsecret.js", "/docs/%2e%2e%2fsecret.js",
        "/docs/x/../../secret.js", "/docs/%252e%252e/secret.js", "/docs//etc/passwd", "/docs/%2fetc/passwd",
        "/docs/..%5csecret.js", "/docs%2f../secret.js", "/docs/%00", "/docs/swagger-ui.css%00", "/docs/%ff",
        "/docsecret.js", "/secret.js", "/docs/folder", "/docs/folder/secret.js", "/docs/.", "/docs/..", "/docs//",
        "/docs/./", "/docs//.", "/docs//./", "/docs/%2e", "/docs/.%2e/", "/docs/../x", "/docs/%2E%2E/",
    ])
    func `no path leads to a file outside of the folder`(path: String) async throws {
        try await withSwaggerUI { client in
            let response = try await client.send(.get, path)
            #expect([400, 404].contains(response.status))
            #expect(response.headers[.location] == nil)
            #expect(!response.text.contains("the secret"))
        }
    }

    private func withSwaggerUI(_ body: @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder.file("ui/folder"), withIntermediateDirectories: true)
        try Data("body {}".utf8).write(to: folder.file("ui/swagger-ui.css"))
        try Data("replaced".utf8).write(to: folder.file("ui/start.js"))
        for name in ["secret.js", "ui/folder/secret.js"] { try Data("the secret".utf8).write(to: folder.file(name)) }
        try await EchoService.run(.router, ["SWAGGER_UI": folder.path("ui")], body)
    }
}

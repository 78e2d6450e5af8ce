import Configuration
import Foundation
import HTTPTypes
import ServiceRuntime
import TestSupport
import Testing

@Suite struct OpenAPIDocumentTests {
    typealias Object = [String: Any]

    private func description(
        of operation: String, method: String = "get", path: String = "/things", cookies: String = "off"
    ) throws -> Object {
        let settings = try Settings.read(ConfigReader(environment: ["TOKEN_COOKIE": cookies])) {
            ServiceSettings(name: "test", defaultPort: 0, &$0)
        }
        let own = Data(#"{"tags": [{"name": "things"}], "paths": {"\#(path)": {"\#(method)": \#(operation)}}}"#.utf8)
        let json = try OpenAPIDocument(of: settings, own: [own]).json
        return try #require(JSONSerialization.jsonObject(with: json) as? Object)
    }

    private func member(_ document: Object, _ path: String...) -> Object? {
        path.reduce(document) { ($0 as Object?)?[$1] as? Object ?? [:] }
    }

    @Test func `a document has the operations of all services and those of its own service`() throws {
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
        (#"{"security": [{"userToken": []}]}"#, "get", "/things", "off", ["400", "401", "403", "500", "503"]),
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
            ["413", "415", "500", "503", "507"]
        ),
        (
            ##"{"parameters": [{"$ref": "#/components/parameters/limit"}]}"##, "get", "/things", "off",
            ["422", "500", "503"]
        ),
    ])
    func `an operation has the responses that follow from its kind`(
        operation: String, method: String, path: String, cookies: String, statuses: [String]
    ) throws {
        let document = try description(of: operation, method: method, path: path, cookies: cookies)
        let responses = try #require(member(document, "paths", path, method, "responses"))
        #expect(responses.keys.sorted() == statuses)
    }

    @Test func `an operation keeps a response that it describes itself`() throws {
        let document = try description(of: #"{"responses": {"503": {"description": "Closed."}}}"#)
        #expect(
            member(document, "paths", "/things", "get", "responses", "503")?["description"] as? String == "Closed.")
    }

    @Test(arguments: [("off", ["userToken"]), ("on", ["cookieToken", "userToken"])])
    func `a document names the cookie if cookies are allowed, and no security scheme that is not used`(
        cookies: String, schemes: [String]
    ) throws {
        let document = try description(of: #"{"security": [{"userToken": ["a"]}]}"#, cookies: cookies)
        #expect(member(document, "components", "securitySchemes")?.keys.sorted() == schemes)
        let operation = try #require(member(document, "paths", "/things", "get"))
        let security = try #require(operation["security"] as? [[String: [String]]])
        #expect(security.flatMap(\.keys).sorted() == schemes)
        #expect(security.allSatisfy { $0.values.allSatisfy { $0 == ["a"] } })
    }

    @Test func `a document merges objects, concatenates lists and takes other values from the later part`() throws {
        let settings = try Settings.read(ConfigReader(environment: [:])) {
            ServiceSettings(name: "test", defaultPort: 0, &$0)
        }
        let parts = [
            #"{"info": {"title": "First", "version": "1"}, "tags": [{"name": "a"}], "x": 1}"#,
            #"{"info": {"title": "Second"}, "tags": [{"name": "b"}], "x": [2]}"#,
        ]
        let json = try OpenAPIDocument(of: settings, own: parts.map { Data($0.utf8) }).json
        let document = try #require(JSONSerialization.jsonObject(with: json) as? Object)
        #expect(document["info"] as? [String: String] == ["title": "Second", "version": "1"])
        #expect((document["tags"] as? [Object])?.compactMap { $0["name"] as? String } == ["b", "a", "operations"])
        #expect(document["x"] as? [Int] == [2])
    }

    @Test(arguments: ["", "{", "nonsense"])
    func `a part that is not JSON is an error`(part: String) throws {
        let settings = try Settings.read(ConfigReader(environment: [:])) {
            ServiceSettings(name: "test", defaultPort: 0, &$0)
        }
        #expect(throws: (any Error).self) { try OpenAPIDocument(of: settings, own: [Data(part.utf8)]) }
    }

    @Test func `a bundle without a folder of descriptions is an error`() throws {
        let settings = try Settings.read(ConfigReader(environment: [:])) {
            ServiceSettings(name: "test", defaultPort: 0, &$0)
        }
        #expect(throws: (any Error).self) { try OpenAPIDocument(of: settings, in: .main) }
    }

    @Test func `the document is served as JSON and refers only to components that it has`() async throws {
        try await EchoService.run { client in
            let response = try await client.send(.get, "/openapi.json")
            #expect(response.status == 200)
            #expect(response.headers[.contentType] == "application/json")
            #expect(response.headers[.cacheControl] == "no-cache")
            let references = response.text.matches(of: /"\$ref":"#\/components\/(\w+)\/([\w-]+)"/)
            #expect(references.count > 10)
            let components = try #require(response.json["components"] as? [String: Object])
            for reference in references {
                #expect(components[String(reference.1)]?[String(reference.2)] != nil, "\(reference.0)")
            }
        }
    }
}

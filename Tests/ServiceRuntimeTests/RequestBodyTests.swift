import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ServiceRuntime
import TestSupport
import Testing

@Suite struct RequestBodyTests {
    private static let json: HTTPFields = [.contentType: "application/json"]

    private func request(_ headers: HTTPFields) -> Request {
        let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: headers)
        return Request(head: head, body: RequestBody(buffer: ByteBuffer()))
    }

    @Test(arguments: [
        ("application/json", "application/json"), ("Application/JSON", "application/json"),
        ("application/json;charset=utf-8", "application/json"),
        ("application/json \t; charset=utf-8", "application/json"),
        ("application/json;", "application/json"), ("a.b+c/x-y", "a.b+c/x-y"), ("application/ json", nil),
        ("app lication/json", nil), ("application /json", nil), ("application/json x", nil),
        ("application/json, application/json", nil), ("application/json,", nil), ("application/", nil), ("/json", nil),
        ("application", nil), ("application/json/x", nil), (";application/json", nil), ("", nil),
        ("application/jsön", nil), ("application/\"json\"", nil), ("*/*", "*/*"),
    ])
    func `a media type has neither upper case nor parameters, and no spaces inside`(field: String, type: String?) {
        #expect(request([.contentType: field]).mediaType == type)
    }

    @Test func `a request with no or with two content types has no media type`() {
        #expect(request([:]).mediaType == nil)
        var headers = Self.json
        headers.append(HTTPField(name: .contentType, value: "application/json"))
        #expect(request(headers).mediaType == nil)
    }

    @Test func `a body that ends early is a problem of the client`() async throws {
        struct ConnectionError: Error {}
        let parts = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            continuation.yield(ByteBuffer(string: "{"))
            continuation.finish(throwing: ConnectionError())
        }
        let request = Request(
            head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"),
            body: RequestBody(asyncSequence: parts))
        let problem = try await #require(throws: Problem.self) { try await request.bytes(upTo: 10) }
        #expect(problem.status == .badRequest)
        #expect(problem.detail == "The body ended early, or its framing is not valid HTTP.")
    }

    @Test func `a body may have as many bytes as the limit and no more`() async throws {
        func bytes(_ count: Int) async throws -> Int {
            let buffer = ByteBuffer(repeating: 7, count: count)
            let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/")
            return try await Request(head: head, body: RequestBody(buffer: buffer)).bytes(upTo: 10).count
        }
        #expect(try await bytes(0) == 0)
        #expect(try await bytes(10) == 10)
        let problem = try await #require(throws: Problem.self) { _ = try await bytes(11) }
        #expect(problem.status == .contentTooLarge)
        #expect(problem.code == "content_too_large")
        #expect(problem.detail == "The body is larger than 10 bytes.")
    }

    @Test(arguments: [(1 << 20, 400), ((1 << 20) + 1, 413)])
    func `a JSON body of more than a MiB is too large`(bytes: Int, status: Int) async throws {
        try await EchoService.run(.live, addRoutes: addDecodingRoute) { client in
            let response = try await client.send(.post, "/decode", json: String(repeating: "x", count: bytes))
            #expect(response.status == status)
        }
    }

    @Test(arguments: [
        (#"{"number":1}"#, "text is missing."), (#"{"text":1,"number":1}"#, "text must be a string."),
        (#"{"text":null,"number":1}"#, "text must be a string."),
        (#"{"text":"a","number":"1"}"#, "number must be a whole number."),
        (#"{"text":"a","number":1.5}"#, "number must be a whole number."),
        (#"{"text":"a","number":1e300}"#, "number must be a whole number."),
        (#"{"text":"a","number":9007199254740993}"#, nil),
        (#"{"text":"a","number":9007199254740994}"#, "number must be a whole number."),
        (#"{"text":"a","number":99999999999999999999}"#, "number must be a whole number."),
        (#"{"text":"a","number":1,"price":"x"}"#, "price must be a whole number."),
        (#"{"text":"a","number":1,"isGift":1}"#, "isGift must be true or false."),
        (#"{"text":"a","number":1,"items":{}}"#, "items must be a list."),
        (#"{"text":"a","number":1,"items":[1]}"#, "items[0] must be an object."),
        (
            #"{"text":"a","number":1,"items":[{"quantity":1},{"quantity":"x"}]}"#,
            "items[1].quantity must be a whole number."
        ),
        (#"{"text":"a","number":1,"items":[{}]}"#, "items[0].quantity is missing."),
        (#"{"text":"\u0000","number":1}"#, "The body contains the character U+0000, which no text may contain."),
        (
            #"{"text":"a","number":1,"ignored":"\u0000"}"#,
            "The body contains the character U+0000, which no text may contain."
        ),
        (#"{"text":"a","number":1,"ignored":["\\u0000","\"\\"]}"#, nil),
        (#"{"text":"a","number":-0.0,"items":[],"isGift":null}"#, nil), (#"[]"#, "must be an object."),
    ])
    func `an invalid JSON body is a problem that names the field`(body: String, detail: String?) async throws {
        try await EchoService.run(addRoutes: addDecodingRoute) { client in
            let response = try await client.send(.post, "/decode", json: body)
            #expect(response.status == (detail == nil ? 200 : 422), "\(response.text)")
            guard let detail else { return }
            #expect(response.code == "invalid_fields")
            #expect(response["detail"]?.trimmingPrefix(" ") == detail[...])
        }
    }

    @Test(arguments: ["", #"{"text""#, #"{"text":"a","number":1}x"#, String(repeating: "[", count: 100_000)])
    func `a body that is not JSON is a bad request`(body: String) async throws {
        try await EchoService.run(addRoutes: addDecodingRoute) { client in
            let response = try await client.send(.post, "/decode", headers: Self.json, json: body)
            #expect(response.status == 400)
            #expect(response.code == "invalid_request")
        }
    }

    @Test func `a body in another encoding than UTF-8 is a bad request`() async throws {
        let text = #"{"text":"a","number":1}"#
        let utf16 = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        try await EchoService.run(addRoutes: addDecodingRoute) { client in
            for body in [utf16, Array(text.utf8) + [0], Array(#"{""#.utf8) + [0xFF] + Array(#"":1}"#.utf8)] {
                let response = try await client.execute(
                    uri: "/decode", method: .post, headers: Self.json, body: ByteBuffer(bytes: body))
                #expect(response.status == .badRequest)
                #expect(String(buffer: response.body).contains("The body is not valid UTF-8."))
            }
        }
    }

    @Test(arguments: ["application/x-www-form-urlencoded", "text/json", "application/json, text/html"])
    func `a body of another media type is rejected`(type: String) async throws {
        try await EchoService.run(addRoutes: addDecodingRoute) { client in
            let response = try await client.send(
                .post, "/decode", headers: [.contentType: type], json: #"{"text":"a","number":1}"#)
            #expect(response.status == 415)
            #expect(response.code == "unsupported_media_type")
        }
    }

    @Test(arguments: ["gzip", "br", "identity, gzip", "GZIP", "x"])
    func `a compressed body gets 415 with the accepted coding`(coding: String) async throws {
        try await EchoService.run(addRoutes: addDecodingRoute) { client in
            let headers: HTTPFields = [.contentEncoding: coding]
            let response = try await client.send(
                .post, "/decode", headers: headers, json: #"{"text":"a","number":1}"#)
            #expect(response.status == 415)
            #expect(response.code == "unsupported_content_encoding")
            #expect(response.headers[.acceptEncoding] == "identity")
        }
    }

    @Test(arguments: ["", "identity", "Identity"])
    func `a body without compression may say so`(coding: String) async throws {
        try await EchoService.run(addRoutes: addDecodingRoute) { client in
            let headers: HTTPFields = [.contentEncoding: coding]
            let response = try await client.send(
                .post, "/decode", headers: headers, json: #"{"text":"a","number":1}"#)
            #expect(response.status == 200)
        }
    }

    private func addDecodingRoute(_ router: Router<PlainContext>) {
        router.post("decode") { request, context in try await request.decode(as: Payload.self, context: context).text }
    }

    private struct Payload: Decodable {
        let text: String
        let number: JSONInteger
        let price: Double?
        let isGift: Bool?
        let items: [Item]?
    }

    private struct Item: Decodable {
        let quantity: JSONInteger
    }
}

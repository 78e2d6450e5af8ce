import CurlClient
import Foundation
import HTTPTypes

/// A session of WebDriver (W3C), to which commands are sent.
struct WebDriver: Sendable {
    private let http: HTTPClient
    private let session: String

    /// An answer that is not looked at.
    struct Nothing: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// What stands around every value.
    private struct Envelope<Value: Decodable>: Decodable {
        let value: Value
    }

    /// Begins a session with what listens at a port, as soon as that does.
    init(port: Int, capabilities: Data) async throws {
        struct Begun: Decodable { let sessionId: String }
        var configuration = HTTPClient.Configuration()
        configuration.maximumResponseBytes = 64 << 20
        let http = HTTPClient(configuration: configuration)
        let address = "http://localhost:\(port)"
        guard try await eventually({ await Self.isReady(http, address) }) else {
            throw ClusterError("The driver of the browser does not response.")
        }
        let begun: Begun = try await Self.send(http, .post, "\(address)/session", capabilities)
        self.http = http
        session = "\(address)/session/\(begun.sessionId)"
    }

    private static func isReady(_ http: HTTPClient, _ address: String) async -> Bool {
        (try? await http.execute(.init(url: "\(address)/status")).status) == .ok
    }

    func end() async {
        let _: Nothing? = try? await command(.delete, "")
        await http.shutdown()
    }

    /// Sends a command and returns the value of the answer.
    func command<Value: Decodable>(_ method: HTTPRequest.Method, _ path: String) async throws -> Value {
        try await Self.send(http, method, session + path, nil)
    }

    /// Sends a command with parameters and returns the value of the answer.
    func command<Value: Decodable>(
        _ method: HTTPRequest.Method, _ path: String, _ parameters: some Encodable
    ) async throws -> Value {
        try await Self.send(http, method, session + path, JSONEncoder().encode(parameters))
    }

    private static func send<Value: Decodable>(
        _ http: HTTPClient, _ method: HTTPRequest.Method, _ url: String, _ body: Data?
    ) async throws -> Value {
        let response = try await http.execute(
            .init(
                method: method, url: url, headers: [.contentType: "application/json"], body: body.map(Array.init),
                deadline: .seconds(120)))
        guard response.status == .ok else {
            throw ClusterError("WebDriver: \(String(decoding: response.body.prefix(400), as: UTF8.self))")
        }
        return try JSONDecoder().decode(Envelope<Value>.self, from: Data(response.body)).value
    }
}

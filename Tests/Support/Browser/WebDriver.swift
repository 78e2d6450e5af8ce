import CurlClient
import Foundation
import HTTPTypes

/// A client of one WebDriver session (W3C).
struct WebDriver: Sendable {
    private let http: HTTPClient
    private let session: String

    /// A result that is not used.
    struct IgnoredValue: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// The JSON object around every result.
    private struct Envelope<Value: Decodable>: Decodable {
        let value: Value
    }

    /// Waits for the driver at a port and creates a session.
    init(port: Int, capabilities: Data) async throws {
        struct NewSession: Decodable { let sessionId: String }
        var configuration = HTTPClient.Configuration()
        configuration.maximumResponseBytes = 64 << 20
        let http = HTTPClient(configuration: configuration)
        let address = "http://localhost:\(port)"
        guard try await eventually({ await Self.isReady(http, address) }) else {
            throw ClusterError("chromedriver does not respond.")
        }
        let newSession: NewSession = try await Self.send(http, .post, "\(address)/session", capabilities)
        self.http = http
        session = "\(address)/session/\(newSession.sessionId)"
    }

    private static func isReady(_ http: HTTPClient, _ address: String) async -> Bool {
        (try? await http.execute(.init(url: "\(address)/status")).status) == .ok
    }

    func delete() async {
        let _: IgnoredValue? = try? await command(.delete, "")
        await http.shutdown()
    }

    /// Sends a command and returns its result.
    func command<Value: Decodable>(_ method: HTTPRequest.Method, _ path: String) async throws -> Value {
        try await Self.send(http, method, session + path, nil)
    }

    /// Sends a command with parameters and returns its result.
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

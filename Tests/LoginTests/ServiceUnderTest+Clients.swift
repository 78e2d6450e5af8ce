import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

extension ServiceUnderTest where Definition == CheapLogin {
    /// Builds login with its demo data and calls `body` while it runs.
    static func runDemo(
        environment: [String: String] = [:], _ body: @Sendable (Self) async throws -> Void
    ) async throws {
        try await run(environment: ["DEMO_DATA": "on"].merging(environment) { $1 }, body)
    }
}

extension ServiceUnderTest {
    /// Sends a form. `basic` is the id and the secret of a client.
    func post(
        _ path: String, _ fields: KeyValuePairs<String, String>, basic: (id: String, secret: String)? = nil
    ) async throws -> ReceivedResponse {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        if let basic { headers[.authorization] = Self.basic(basic.id, basic.secret) }
        let body = fields.map { "\($0)=\(URLEncodedForm.encode($1))" }.joined(separator: "&")
        return try await client.send(.post, path, headers: headers, json: body)
    }

    /// The value of `Authorization` for a client.
    static func basic(_ id: String, _ secret: String) -> String {
        "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString()
    }

    /// A token that the client `demo-job` gets for itself.
    func jobToken() async throws -> String {
        try await post(
            "/token", ["grant_type": "client_credentials"], basic: ("demo-job", DemoClients.secret)
        ).accessToken
    }

    /// What the client with these credentials learns about a token.
    func introspect(_ token: String, as client: (id: String, secret: String)) async throws -> ReceivedResponse {
        try await post("/introspect", ["token": token], basic: client)
    }
}

import Foundation
import HTTPTypes
import HummingbirdTesting
import Libcrypto
import JWT
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// A registered client that sends authorization requests and redeems codes.
struct CodeFlow: Sendable {
    let login: LoginUnderTest
    let id: String
    let secret: String?
    var redirectURI: String
    var verifier = "a-verifier-of-forty-three-unreserved-letters"
    static let state = "state of the client"

    /// The confidential client `demo-web`.
    static func web(_ login: LoginUnderTest) -> CodeFlow {
        CodeFlow(
            login: login, id: "demo-web", secret: DemoClients.secret, redirectURI: "http://localhost:8090/callback")
    }

    /// The public client `demo-cli`.
    static func cli(_ login: LoginUnderTest) -> CodeFlow {
        CodeFlow(login: login, id: "demo-cli", secret: nil, redirectURI: "http://127.0.0.1:51004/callback")
    }

    var challenge: String { Base64URL.encode(sha256(Array(verifier.utf8))) }

    /// The address of the authorization request.
    ///
    /// - Parameters:
    ///   - changes: The parameters with other values than usual; nil removes a parameter.
    ///   - more: Text at the end of the query.
    func path(_ changes: [String: String?] = [:], _ more: String = "") -> String {
        var parameters: [(String, String?)] = [
            ("response_type", "code"), ("client_id", id), ("redirect_uri", redirectURI), ("state", Self.state),
            ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ]
        for (name, value) in changes {
            parameters.removeAll { $0.0 == name }
            parameters.append((name, value))
        }
        let query = parameters.compactMap { name, value in value.map { "\(name)=\(URLEncodedForm.encode($0))" } }
        return "/authorize?" + query.joined(separator: "&") + more
    }

    /// The parameters of the redirect to the client; nil when the response is another one.
    func redirect(_ response: ReceivedResponse) -> [String: String]? {
        guard response.status == 303, let location = response.headers[.location], location.hasPrefix(redirectURI),
            let items = URLComponents(string: location)?.queryItems
        else { return nil }
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first + " (twice)" }
    }

    /// Allows a request on the consent page, and returns the code.
    func code(_ browser: inout Browser, _ changes: [String: String?] = [:]) async throws -> String {
        let page = try await browser.get(path(changes))
        guard page.status == 200 else { return try #require(redirect(page)?["code"]) }
        let response = try await browser.submit(path(changes), ["decision": "allow"])
        return try #require(redirect(response)?["code"])
    }

    /// Redeems a code. Nil as the verifier leaves the parameter out.
    func redeem(
        _ code: String, verifier: String? = nil, redirectURI: String? = nil, _ more: [(String, String)] = []
    ) async throws -> ReceivedResponse {
        try await token(
            [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI ?? self.redirectURI),
                ("code_verifier", verifier ?? self.verifier),
            ] + more)
    }

    func refresh(_ token: String, _ more: [(String, String)] = []) async throws -> ReceivedResponse {
        try await self.token([("grant_type", "refresh_token"), ("refresh_token", token)] + more)
    }

    /// Sends a form to the token endpoint, with the client's authentication.
    func token(_ fields: [(String, String)]) async throws -> ReceivedResponse {
        try await post("/token", fields)
    }

    func post(_ path: String, _ fields: [(String, String)]) async throws -> ReceivedResponse {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        if let secret { headers[.authorization] = LoginUnderTest.basic(id, secret) }
        let fields = secret == nil ? fields + [("client_id", id)] : fields
        let body = fields.map { "\($0.0)=\(URLEncodedForm.encode($0.1))" }.joined(separator: "&")
        return try await login.client.send(.post, path, headers: headers, json: body)
    }

    /// The tokens of a new session that a demo account allows.
    func signedIn(_ name: String = "alice", _ changes: [String: String?] = [:]) async throws -> ReceivedResponse {
        var browser = Browser(login)
        try await browser.signIn(name, DemoData.password)
        return try await redeem(code(&browser, changes))
    }
}

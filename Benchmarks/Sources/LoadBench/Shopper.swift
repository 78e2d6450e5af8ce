import Foundation

/// A user who is signed in. Requests of one shopper may run at once; each needs its own refresh token.
actor Shopper {
    private static let password = "a measured walk in the park"

    private let services: Services
    private let username: String
    private(set) var accessToken = ""
    /// Refresh tokens that were not used yet. Each belongs to another session.
    private var refreshTokens: [String] = []

    init(services: Services, username: String) {
        self.services = services
        self.username = username
    }

    /// Creates the account. A status of 409 says that an earlier run has created it.
    func signUp() async throws {
        let response = try await services.send(
            .POST, .login, "/signup", json: #"{"username":"\#(username)","password":"\#(Self.password)"}"#)
        guard [201, 409].contains(response.status) else { throw LoadError("A sign-up ends with \(response.status).") }
    }

    /// Signs in and keeps the tokens. Returns the status.
    @discardableResult
    func signIn() async throws -> Int {
        let password = Self.password.replacing(" ", with: "+")
        return try keepTokens(
            try await services.send(
                .POST, .login, "/token", form: "grant_type=password&username=\(username)&password=\(password)"))
    }

    /// Exchanges a refresh token for the next one. Returns the status; nil if all are in use.
    func refresh() async throws -> Int? {
        guard let token = refreshTokens.popLast() else { return nil }
        let response = try await services.send(
            .POST, .login, "/token", form: "grant_type=refresh_token&refresh_token=\(token)")
        // A rejection by overload leaves the token valid.
        if response.status != 200 { refreshTokens.append(token) }
        return try keepTokens(response)
    }

    private func keepTokens(_ response: ReceivedResponse) throws -> Int {
        guard response.status == 200 else { return response.status }
        let tokens = try JSONDecoder().decode(Tokens.self, from: response.body)
        accessToken = tokens.access_token
        refreshTokens.append(tokens.refresh_token)
        return response.status
    }

    private struct Tokens: Decodable {
        let access_token, refresh_token: String
    }
}

/// A sentence that says why the load cannot run.
struct LoadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

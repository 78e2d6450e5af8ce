import HTTPTypes
import TestSupport
import Testing

/// A client of login's pages, such as a browser without scripts. A copy has the same cookies, as a thief of them has.
struct PageClient: Sendable {
    let cluster: Cluster
    /// The cookies as the browser sends them, such as `hallpass=…`.
    private(set) var cookie = ""
    /// The secret of the browser: the value of its cookie.
    var cookieValue: String { String(cookie.drop { $0 != "=" }.dropFirst()) }
    /// The CSRF token of the last page with a form.
    private var formToken = ""

    /// Opens the sign-in page and signs in.
    init(signingIn name: String, to cluster: Cluster) async throws {
        self.cluster = cluster
        try await get("/login")
        let password = Demo.password.replacing(" ", with: "+")
        let response = try await submit("/login", "username=\(name)&password=\(password)")
        try #require(response.status == 303)
    }

    @discardableResult
    mutating func get(_ path: String) async throws -> ReceivedResponse {
        try await send(.get, .login, path)
    }

    /// Submits fields of a form with the CSRF token of the last page.
    @discardableResult
    mutating func submit(_ path: String, _ fields: String) async throws -> ReceivedResponse {
        try await send(.post, .login, path, form: "form_token=\(formToken)&\(fields)")
    }

    /// Asks for an access token, as a script of login's pages does.
    ///
    /// - Parameter seconds: The longest lifetime that the script wants.
    mutating func accessToken(seconds: Int = 600) async throws -> ReceivedResponse {
        try await send(.post, .login, "/session/token?life=\(seconds)")
    }

    /// Sends a request with the cookies, and keeps those of the response.
    mutating func send(
        _ method: HTTPRequest.Method, _ service: ServiceName, _ path: String, form: String? = nil
    ) async throws -> ReceivedResponse {
        var headers: HTTPFields = [.cookie: cookie, .origin: cluster.url(.login)]
        if form != nil { headers[.contentType] = "application/x-www-form-urlencoded" }
        let response = try await cluster.send(method, service, path, headers: headers, json: form)
        if let set = response.headers[values: .setCookie].first { cookie = String(set.prefix { $0 != ";" }) }
        if let token = response.text.firstMatch(of: /name="form_token" value="([^"]+)"/) { formToken = String(token.1) }
        return response
    }
}

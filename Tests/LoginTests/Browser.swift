import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport

@testable import LoginService

/// A browser without scripts, which keeps cookies and submits the form of its last page.
struct Browser {
    let client: any TestClientProtocol
    var userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    /// The header fields that name the origin of a form.
    var formHeaders: HTTPFields = [.origin: "http://localhost", .secFetchSite: "same-origin"]
    /// The values of the cookies by name.
    var cookies: [String: String] = [:]
    /// The CSRF token of the last page with a form.
    var csrfToken = ""

    init(_ login: LoginUnderTest) {
        client = login.client
    }

    mutating func get(_ path: String, headers: HTTPFields = [:]) async throws -> ReceivedResponse {
        try await send(.get, path, headers: headers)
    }

    /// Submits these fields with the CSRF token of the last page.
    mutating func submit(_ path: String, _ fields: [String: String] = [:]) async throws -> ReceivedResponse {
        let fields = fields.merging([SubmittedForm.tokenField: csrfToken]) { $1 }
        let body = fields.map { "\($0)=\($1.formEncoded)" }.joined(separator: "&")
        return try await submit(path, body: body)
    }

    mutating func submit(_ path: String, body: String) async throws -> ReceivedResponse {
        var headers = formHeaders
        headers[.contentType] = "application/x-www-form-urlencoded"
        return try await send(.post, path, headers: headers, body: body)
    }

    mutating func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: String? = nil
    ) async throws -> ReceivedResponse {
        var headers = headers
        headers[.userAgent] = userAgent
        if !cookies.isEmpty { headers[.cookie] = cookies.map { "\($0)=\($1)" }.sorted().joined(separator: "; ") }
        let response = try await client.send(method, path, headers: headers, json: body)
        for cookie in response.headers[values: .setCookie] {
            let pair = cookie.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[String(pair[0])] = cookie.contains("Max-Age=0") ? nil : String(pair[1])
        }
        if let token = response.text.firstMatch(of: /name="form_token" value="([^"]*)"/) {
            csrfToken = String(token.1)
        }
        return response
    }

    /// Opens the sign-in page and submits its form.
    @discardableResult
    mutating func signIn(_ name: String, _ password: String = goodPassword, next: String = "") async throws
        -> ReceivedResponse
    {
        _ = try await get("/login")
        return try await submit("/login", ["username": name, "password": password, "next": next])
    }

    /// Whether the account page is shown.
    mutating func isSignedIn() async throws -> Bool {
        try await get("/account").status == 200
    }
}

extension String {
    /// The text as a value of `application/x-www-form-urlencoded`, with all but ASCII letters and digits encoded.
    fileprivate var formEncoded: String {
        utf8.map { byte in
            Character(Unicode.Scalar(byte)).isLetter && byte < 0x80 || (0x30...0x39).contains(byte)
                ? String(Character(Unicode.Scalar(byte))) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

extension HTTPField.Name {
    static let secFetchSite = constant("Sec-Fetch-Site")
}

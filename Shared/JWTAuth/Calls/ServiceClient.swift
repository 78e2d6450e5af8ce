// Calls: requests from one service to another. Each request carries a token that the calling service signs for this
// request only. So a stolen token is useless for other requests, and the called service knows its caller.

public import CurlClient
public import HTTPTypes
import ServiceRuntime

/// A client for another service. Each request carries its own token, which is valid for that request only.
public struct ServiceClient: Sendable {
    private let name: String
    private let url: String
    private let http: HTTPClient
    private let tokens: ServiceTokenIssuer

    /// Creates a client for the service `name` at the address `url`.
    public init(_ name: String, at url: String, http: HTTPClient, tokens: ServiceTokenIssuer) {
        self.name = name
        self.url = url
        self.http = http
        self.tokens = tokens
    }

    /// Sends a request and returns the response, whatever its status. Repeats the request when a repetition is safe.
    ///
    /// Work that belongs to no request waits for `Retry-After`. A request does not: its own client waits, so an overloaded
    /// service gets less to do, and nobody waits unknowingly.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: The path with its query, percent-encoded.
    ///   - scope: The scope that the request requires.
    ///   - user: The account on whose behalf the service calls; nil when the service acts as itself.
    ///   - json: The body; nil for a request without a body.
    /// - Throws: `HTTPClientError` when there is no complete response, `JWTError` when the token cannot be signed.
    public func send(
        _ method: HTTPRequest.Method, _ path: String, scope: String, onBehalfOf user: String? = nil,
        json: [UInt8]? = nil
    ) async throws -> HTTPClient.Response {
        let token = try tokens.token(for: name, scope: scope, onBehalfOf: user, method: method, path: path, body: json)
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        if json != nil { headers[.contentType] = "application/json" }
        var retry = HTTPClient.RetryPolicy.standard
        retry.honorsRetryAfter = RequestScope.current == nil
        return try await http.executeInSpan(
            .init(method: method, url: url + path, headers: headers, body: json, retry: retry), to: name)
    }
}

extension HTTPClient {
    /// Creates a client for calls between services. It propagates the request id, the trace and the deadline of the current
    /// request, counts its calls, and fails at once while a service does not respond.
    public static func betweenServices(deadline: Duration) -> HTTPClient {
        var configuration = Configuration()
        configuration.connectTimeout = .seconds(1)
        configuration.deadline = deadline
        configuration.propagatedHeaders = { RequestScope.onwardFields }
        configuration.inheritedDeadline = { RequestScope.current?.deadline }
        configuration.timeoutField = .requestTimeout
        configuration.breaksCircuits = true
        configuration.report = { $0.record() }
        return HTTPClient(configuration: configuration)
    }
}

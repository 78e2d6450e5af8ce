public import CurlClient
public import HTTPTypes
import ServiceRuntime

/// Another service, as this one calls it: every request carries a token of its own, good for that request alone.
public struct ServiceClient: Sendable {
    private let name: String
    private let url: String
    private let http: HTTPClient
    private let tokens: ServiceTokenIssuer

    /// The service called `name`, to be found at `url`.
    public init(_ name: String, at url: String, http: HTTPClient, tokens: ServiceTokenIssuer) {
        self.name = name
        self.url = url
        self.http = http
        self.tokens = tokens
    }

    /// Makes a request and returns the answer, of whatever status.
    ///
    /// - Parameters:
    ///   - path: The path with its query, percent-encoded.
    ///   - scope: What the request needs there.
    ///   - user: The account on whose behalf it is made; nil when this service acts as itself.
    ///   - json: The body.
    /// - Throws: `HTTPClientError` when there is no answer.
    public func send(
        _ method: HTTPRequest.Method, _ path: String, scope: String, onBehalfOf user: String? = nil,
        json: [UInt8]? = nil
    ) async throws -> HTTPClient.Response {
        let token = try tokens.token(for: name, scope: scope, onBehalfOf: user, method: method, path: path)
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        if json != nil { headers[.contentType] = "application/json" }
        return try await http.execute(
            .init(method: method, url: url + path, headers: headers, body: json, retry: .standard))
    }
}

extension HTTPClient {
    /// A client for calls between services, which carries the identity of the request that causes them on.
    public static func betweenServices(deadline: Duration) -> HTTPClient {
        var configuration = Configuration()
        configuration.connectTimeout = .seconds(1)
        configuration.deadline = deadline
        configuration.onwardHeaders = { RequestScope.current?.onwardFields ?? [:] }
        return HTTPClient(configuration: configuration)
    }
}

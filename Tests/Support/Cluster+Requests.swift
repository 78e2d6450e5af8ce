import CurlClient
public import HTTPTypes

extension Cluster {
    /// Sends a request to a service, with a bearer token and a JSON body when they are given.
    ///
    /// - Parameter port: The port of one process of the service; nil for the port of the service.
    public func send(
        _ method: HTTPRequest.Method, _ service: ServiceName, _ path: String, token: String? = nil,
        headers: HTTPFields = [:], json body: String? = nil, deadline: Duration = .seconds(30), at port: Int? = nil
    ) async throws -> ReceivedResponse {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil { headers[.contentType] = headers[.contentType] ?? "application/json" }
        let response = try await http.execute(
            .init(
                method: method, url: "http://localhost:\(port ?? self.port(service))\(path)", headers: headers,
                body: body.map { Array($0.utf8) },
                deadline: deadline))
        return ReceivedResponse(
            status: response.status.code, headers: response.headers,
            text: String(decoding: response.body, as: UTF8.self))
    }

    /// Sends a `GET` request to a service.
    public func get(_ service: ServiceName, _ path: String, token: String? = nil) async throws -> ReceivedResponse {
        try await send(.get, service, path, token: token)
    }

    /// The status of a request that changes nothing and needs a token of a user: 401 if the service rejects the token.
    ///
    /// Catalog has no such request for customers, so it responds with 403 if it accepts the token.
    ///
    /// - Parameter port: The port of one process of the service; nil for the port of the service.
    public func status(of service: ServiceName, token: String, at port: Int? = nil) async throws -> Int {
        let (method, path): (HTTPRequest.Method, String) =
            switch service {
            case .login: (.get, "/me")
            case .catalog: (.delete, "/products/\(Demo.lamp)")
            case .orders: (.get, "/orders?limit=1")
            case .inbox: (.get, "/messages?limit=1")
            case .compare: (.get, "/jwt/notes?limit=1")
            // The route of the services that scripts/new-service has added.
            default: (.get, "/entries?limit=1")
            }
        return try await send(method, service, path, token: token, at: port).status
    }

    /// The value of a series in the metrics of a service, named with its labels; nil if the series does not exist.
    public func metric(_ series: String, of service: ServiceName) async throws -> Double? {
        let lines = try await get(service, "/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix("\(series) ") }.flatMap { Double($0.dropFirst(series.utf8.count + 1)) }
    }

    /// Whether a service refuses new connections, because it does not run or is shutting down.
    public func refusesConnections(_ service: ServiceName) async -> Bool {
        do {
            _ = try await http.execute(.init(url: url(service, "/healthz"), deadline: .seconds(2)))
            return false
        } catch {
            return error.code == .connectionFailed
        }
    }
}

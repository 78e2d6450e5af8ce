import CurlClient
public import HTTPTypes

extension Cluster {
    /// Sends a request to a service, with a bearer token and a JSON body when they are given.
    public func send(
        _ method: HTTPRequest.Method, _ service: ServiceName, _ path: String, token: String? = nil,
        headers: HTTPFields = [:], json body: String? = nil, deadline: Duration = .seconds(30)
    ) async throws -> ReceivedResponse {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil { headers[.contentType] = headers[.contentType] ?? "application/json" }
        let response = try await http.execute(
            .init(
                method: method, url: url(service, path), headers: headers, body: body.map { Array($0.utf8) },
                deadline: deadline))
        return ReceivedResponse(
            status: response.status.code, headers: response.headers,
            text: String(decoding: response.body, as: UTF8.self))
    }

    /// Sends a `GET`.
    public func get(_ service: ServiceName, _ path: String, token: String? = nil) async throws -> ReceivedResponse {
        try await send(.get, service, path, token: token)
    }

    /// What a service answers who only looks at something that takes a token: 401 when the token is not good there. In
    /// catalog, where users may change nothing, 403 says that it is good.
    public func lookup(_ service: ServiceName, token: String) async throws -> Int {
        switch service {
        case .login: try await get(.login, "/me", token: token).status
        case .catalog: try await send(.delete, .catalog, "/products/\(Demo.lamp)", token: token).status
        case .orders: try await get(.orders, "/orders?limit=1", token: token).status
        case .inbox: try await get(.inbox, "/messages?limit=1", token: token).status
        }
    }

    /// The value of a series in the metrics of a service, named with its labels; nil when there is none.
    public func metric(_ series: String, of service: ServiceName) async throws -> Double? {
        let lines = try await get(service, "/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix("\(series) ") }.flatMap { Double($0.dropFirst(series.utf8.count + 1)) }
    }

    /// Whether a service takes no new connections, as when it does not run or is about to end.
    public func refusesConnections(_ service: ServiceName) async -> Bool {
        do {
            _ = try await http.execute(.init(url: url(service, "/healthz"), deadline: .seconds(2)))
            return false
        } catch {
            return error.code == .connectionFailed
        }
    }
}

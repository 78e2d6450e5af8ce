import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The services that `scripts/up` starts on this machine, and a client for them.
struct Services: Sendable {
    enum Name: String, CaseIterable {
        case login, catalog, orders, inbox

        var port: Int { 8080 + (Self.allCases.firstIndex(of: self) ?? 0) }
    }

    private static let maximumBodyBytes = 1 << 20
    private static let timeout = TimeAmount.seconds(10)

    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// Sends a request and reads its response.
    func send(
        _ method: HTTPMethod, _ service: Name, _ path: String, token: String? = nil, json: String? = nil,
        form: String? = nil, headers: [String: String] = [:]
    ) async throws -> ReceivedResponse {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(service.port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        } else if let form {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        let response = try await client.execute(request, timeout: Self.timeout)
        let body = try await response.body.collect(upTo: Self.maximumBodyBytes)
        return ReceivedResponse(status: Int(response.status.code), body: Data(body.readableBytesView))
    }

    /// The memory of each service in bytes. The processes are those of `scripts/up`.
    func memory() -> [Name: Int] {
        var memory: [Name: Int] = [:]
        for name in Name.allCases {
            guard let file = try? String(contentsOfFile: "run/\(name.rawValue).pid", encoding: .utf8),
                let process = file.split(separator: " ").first,
                let statm = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8),
                let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
            else { continue }
            memory[name] = pages * Int(getpagesize())
        }
        return memory
    }
}

/// The status and the body of a response.
struct ReceivedResponse: Sendable {
    let status: Int
    let body: Data
}

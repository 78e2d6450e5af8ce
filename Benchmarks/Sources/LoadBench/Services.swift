import Foundation
import NIOHTTP1

/// The services that `scripts/up` starts on this machine, and a client for them.
struct Services: Sendable {
    enum Name: String, CaseIterable {
        case login, catalog, orders, inbox

        var port: Int { 8080 + (Self.allCases.firstIndex(of: self) ?? 0) }
    }

    private let client = LoadClient()

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// Sends a request and reads its response.
    func send(
        _ method: HTTPMethod, _ service: Name, _ path: String, token: String? = nil, json: String? = nil,
        form: String? = nil, headers: [String: String] = [:]
    ) async throws -> ReceivedResponse {
        var fields = HTTPHeaders([("Host", "127.0.0.1:\(service.port)")])
        if let token { fields.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { fields.add(name: name, value: value) }
        if json != nil { fields.add(name: "Content-Type", value: "application/json") }
        if form != nil { fields.add(name: "Content-Type", value: "application/x-www-form-urlencoded") }
        let body = json ?? form
        if let body { fields.add(name: "Content-Length", value: "\(body.utf8.count)") }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: fields)
        return try await client.send(head, body: body, port: service.port)
    }

    /// How late the requests were sent since the last call, in microseconds.
    func takeDelays() -> Responses.Times {
        client.takeDelays()
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

/// A response, and whether its connection stays open.
struct ReceivedResponse: Sendable {
    let status: Int
    let body: Data
    let keepsConnection: Bool
}

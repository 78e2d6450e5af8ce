import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct MetricsTests {
    @Test func `promtool finds nothing wrong with the metrics of any service`() async throws {
        let environment = ["TOKEN_AUDIENCES": ServiceName.allNames]
        try await withCluster(running: ServiceName.allCases, environment: environment) { cluster in
            // A series appears with the first event that it counts.
            #expect(try await cluster.signIn("alice", password: "wrong").status == 400)
            let token = try await cluster.token("alice")
            #expect(try await cluster.order(token: token).status == 201)
            #expect(try await cluster.get(.orders, "/orders", token: token.tampered).status == 401)
            for service in ServiceName.allCases {
                #expect(try await cluster.get(service, "/readyz").status == 200)
                #expect(try await cluster.get(service, "/nothing").status == 404)
                let metrics = try await cluster.get(service, "/metrics").text
                #expect(metrics.contains("\nprocess_start_time_seconds "), "\(service.rawValue)")
                try Data(metrics.utf8).write(to: cluster.directory.appending(path: "metrics"))
                try await run(["/bin/sh", "-c", "promtool check metrics <metrics"], in: cluster.directory)
            }
        }
    }

    @Test func `no request stays active at any service after requests with HEAD and clients that reset`() async throws {
        let environment = ["TOKEN_AUDIENCES": ServiceName.allNames]
        try await withCluster(running: ServiceName.allCases, environment: environment) { cluster in
            let token = try await cluster.token("alice")
            for service in ServiceName.allCases {
                let port = cluster.port(service)
                for path in ["/openapi.json", "/nothing", "/healthz"] {
                    for _ in 0..<5 { _ = try await cluster.send(.head, service, path) }
                }
                try await reset("GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", at: port, in: cluster)
                // The service tells this client to send the body when the handler waits for it.
                guard let path = service.pathForBody else { continue }
                let head = """
                    POST \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nContent-Length: 9\r\n\
                    Content-Type: \(service == .login ? "application/x-www-form-urlencoded" : "application/json")\r\n\
                    Expect: 100-continue\r\n\r\n
                    """
                try await reset(head, at: port, in: cluster)
            }
            for service in ServiceName.allCases {
                // The request to `/metrics` is active itself. The other services follow the feed of login.
                let reads = service == .login ? 1...ServiceName.allCases.count : 1...1
                var metrics = ""
                let isZero = try await eventually {
                    metrics = try await cluster.get(service, "/metrics").text
                    let gauges = metrics.matches(
                        of: /(?m)^http_server_active_requests{http_request_method="(\w+)"} (\d+)\.0$/)
                    return gauges.contains { $0.1 == "HEAD" }
                        && gauges.allSatisfy { $0.1 == "GET" ? reads.contains(Int($0.2) ?? 0) : $0.2 == "0" }
                }
                #expect(isZero, "\(service.rawValue): \(metrics)")
            }
        }
    }

    /// Sends a request twenty times, waits for the first byte of its response, and resets the connection.
    private func reset(_ request: String, at port: Int, in cluster: Cluster) async throws {
        let script = """
            import socket, struct, sys
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    client.sendall(sys.argv[2].encode())
                    assert client.recv(1) == b"H"
            """
        try await run(["/usr/bin/python3", "-c", script, "\(port)", request], in: cluster.directory)
    }

    @Test func `every command about logs and metrics in the documentation has the documented output`() async throws {
        try await ExecutablePage("docs/monitoring.md").check(environment: ["LOG_LEVEL": "info"])
    }
}

extension ServiceName {
    /// A path to which a customer may send a body; nil if the service has none.
    fileprivate var pathForBody: String? {
        switch self {
        case .login: "/token"
        case .orders: "/orders"
        case .compare: "/jwt/notes"
        default: nil
        }
    }
}

import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ServiceName.exist(ServiceName.shop))) struct TraceTests {
    /// A span that the collector decoded.
    private struct Span: Decodable {
        let trace, id, parent, service, name, kind: String
        let status: Int
        let attributes: [String: String]
    }

    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"

    /// Runs the services and a collector that decodes their spans with the definitions of OpenTelemetry.
    ///
    /// - Parameters:
    ///   - usesTLS: Whether the collector and the services have a certificate that no authority of the system signed.
    ///   - body: Gets the cluster, the environment of the services, and a function that returns the spans so far.
    private func withCollector(
        usesTLS: Bool = false,
        _ body: (Cluster, _ environment: [String: String], _ spans: @Sendable () throws -> [Span]) async throws -> Void
    ) async throws {
        try await run(
            [
                "/bin/sh", "-ec",
                """
                [ -x .venv-traces/bin/python ] || python3 -m venv .venv-traces
                .venv-traces/bin/pip install --quiet --disable-pip-version-check --requirement Tests/Traces/requirements.txt
                """,
            ], in: Cluster.project)
        try await withCluster(running: []) { cluster in
            let file = cluster.directory.appending(path: "run/spans")
            try Data().write(to: file)
            let port = try await cluster.unusedPort()
            let pem = cluster.directory.appending(path: "run/collector.pem").path
            if usesTLS { try await makeCertificate(pem, in: cluster.directory) }
            try cluster.startExternalProgram(
                [
                    Cluster.project.appending(path: ".venv-traces/bin/python").path,
                    Cluster.project.appending(path: "Tests/Traces/collector.py").path, "\(port)", file.path,
                ] + (usesTLS ? [pem] : []))
            var environment = [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "\(usesTLS ? "https" : "http")://localhost:\(port)",
                "OTEL_BSP_SCHEDULE_DELAY": "100", "LOG_LEVEL": "info",
            ]
            for name in usesTLS ? ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"] : [] {
                environment["OTEL_EXPORTER_OTLP_\(name)"] = pem
            }
            for service in ServiceName.standard { try await cluster.start(service, environment: environment) }
            try await body(cluster, environment) {
                let text = try String(contentsOf: file, encoding: .utf8)
                return try text.split(separator: "\n").map { try JSONDecoder().decode(Span.self, from: Data($0.utf8)) }
            }
        }
    }

    /// Writes a certificate for `localhost`, which is its own authority, and its private key into a file.
    private func makeCertificate(_ path: String, in directory: URL) async throws {
        try await run(
            [
                "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                "-subj", "/CN=localhost", "-keyout", path + ".key", "-out", path,
            ], in: directory)
        try await run(["/bin/sh", "-ec", "cat '\(path).key' >>'\(path)'"], in: directory)
    }

    @Test func `a collector that demands a certificate and has a private authority receives the spans`() async throws {
        try await withCollector(usesTLS: true) { cluster, _, spans in
            _ = try await cluster.get(.catalog, "/products")
            let isReceived = try await eventually { try spans().contains { $0.name == "GET /products" } }
            #expect(isReceived)
        }
    }

    @Test func `one order is one trace across orders, catalog and inbox, also through a restart of orders`()
        async throws
    {
        try await withCollector { cluster, environment, spans in
            let token = try await cluster.token("alice")
            try await cluster.stop(.inbox)
            let placed = try await cluster.send(
                .post, .orders, "/orders", token: token,
                headers: [.traceparent: "01-\(Self.traceID)-00f067aa0ba902b7-01-later"],
                json: #"{"items": [{"product_id": "\#(Demo.lamp)", "quantity": 1}]}"#)
            #expect(placed.status == 201)
            let order = try placed.decoded(as: Order.self)
            let isLogged = try await eventually {
                try cluster.log(.orders).split(separator: "\n").contains {
                    $0.contains("A call to another service failed") && $0.contains("trace_id=\(Self.traceID)")
                }
            }
            #expect(isLogged)
            // The spans of the first process arrive because a clean shutdown exports them.
            #expect(try await cluster.stop(.orders) == 0)
            let log = try cluster.log(.orders)
            #expect(
                log.split(separator: "\n").contains { $0.contains("POST /orders 201") && $0.contains(Self.traceID) })

            try await cluster.start(.inbox, environment: environment)
            try await cluster.start(.orders, environment: environment)
            let isDelivered = try await eventually {
                try spans().contains { $0.trace == Self.traceID && $0.service == "inbox" && $0.kind == "server" }
            }
            #expect(isDelivered)
            #expect(try await eventually { try spans().contains { $0.name == "deliver message" && $0.status == 0 } })

            let trace = try spans().filter { $0.trace == Self.traceID }
            func span(_ service: String, _ name: String) throws -> Span {
                try #require(
                    trace.first { $0.service == service && $0.name == name && $0.status == 0 }, "\(trace.map(\.name))")
            }
            let request = try span("orders", "POST /orders")
            #expect(request.parent == "00f067aa0ba902b7")
            let reservation = try span("catalog", "PUT /reservations/{id}")
            let call = try #require(trace.first { $0.id == reservation.parent })
            #expect(call.kind == "client")
            #expect(call.attributes["service.peer.name"] == "catalog")
            #expect(call.parent == request.id)
            #expect(trace.contains { $0.name == "write" && $0.service == "catalog" && $0.parent == reservation.id })
            let writes = trace.filter { $0.name == "write" && $0.parent == request.id }
            let engine = TestEngine.selected.rawValue
            #expect(writes.map { $0.attributes["db.system.name"] } == [engine, engine])
            let delivery = try span("orders", "deliver message")
            #expect(delivery.kind == "consumer")
            #expect(delivery.parent == request.id)
            let message = try span("inbox", "PUT /accounts/{account}/messages/{id}")
            let deliveryCall = try #require(trace.first { $0.id == message.parent })
            #expect(deliveryCall.parent == delivery.id)

            let text = try String(contentsOf: cluster.directory.appending(path: "run/spans"), encoding: .utf8)
            #expect(!text.contains(order.id))
        }
    }

    @Test func `no span contains a password, a token, an id or a value of a query`() async throws {
        try await withCollector { cluster, _, spans in
            let password = "a password that nobody else has"
            #expect(try await cluster.signUp("dave", password: password) == 201)
            #expect(try await cluster.signIn("dave", password: password + "!").status == 400)
            let tokens = try await cluster.signIn("dave", password: password).decoded(as: TokenResponse.self)
            let order = try await cluster.order(token: tokens.accessToken).decoded(as: Order.self)
            let link = try await cluster.send(
                .post, .orders, "/orders/\(order.id)/receipt-link", token: tokens.accessToken)
            let receipt = try #require(link["url"]?.split(separator: "/orders/").last)
            #expect(try await cluster.get(.orders, "/orders/\(receipt)").status == 200)
            _ = try await cluster.get(.orders, "/orders?token=\(tokens.accessToken)")
            _ = try await cluster.get(.catalog, "/\(tokens.accessToken)")
            _ = try await cluster.renew(tokens.refreshToken)
            let hasAll = try await eventually {
                let found = try spans()
                return [
                    "deliver message", "hash password", "POST /token", "GET /revocations", "GET /orders/{id}/receipt",
                ].allSatisfy { name in
                    found.contains { $0.name == name }
                }
            }
            #expect(hasAll)
            let text = try String(contentsOf: cluster.directory.appending(path: "run/spans"), encoding: .utf8)
            for secret in ["nobody else", tokens.refreshToken, "eyJ", order.id, "dave"] {
                #expect(!text.contains(secret), "\(secret)")
            }
        }
    }

    @Test func `a service without its collector responds to requests, and counts the spans that it drops`() async throws
    {
        let environment = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_BSP_MAX_QUEUE_SIZE": "3"]
        try await withCluster(running: [.catalog], environment: environment) { cluster in
            for _ in 1...10 { #expect(try await cluster.get(.catalog, "/products").status == 200) }
            let droppedCount = try #require(try await cluster.metric("trace_spans_dropped_total", of: .catalog))
            #expect(droppedCount >= 7)
            #expect(try await cluster.stop(.catalog) == 0)
        }
    }

    @Test func `every command of the page about traces has the documented output`() async throws {
        try await ExecutablePage("docs/tracing.md").check(environment: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_BSP_SCHEDULE_DELAY": "200",
        ])
    }
}

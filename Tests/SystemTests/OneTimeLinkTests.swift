import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct OneTimeLinkTests {
    @Test func `a link that one replica accepted is rejected by the other, also after a kill and a restart`()
        async throws
    {
        try await withCluster { cluster in
            let token = try await cluster.token("alice")
            let order = try await cluster.order(token: token).decoded(as: Order.self)
            let port = try await cluster.unusedPort()
            try await cluster.startReplica(ofOrdersAt: port)

            var used: [String] = []
            for (first, second) in [(cluster.port(.orders), port), (port, cluster.port(.orders))] {
                let link = try await cluster.receiptLink(order.id, token: token)
                #expect(try await cluster.status(ofLink: link, at: first) == 200)
                #expect(try await cluster.status(ofLink: link, at: second) == 401)
                #expect(try await cluster.status(ofLink: link, at: first) == 401)
                used.append(link)
            }
            let unused = try await cluster.receiptLink(order.id, token: token)

            try await cluster.kill(.orders)
            try await cluster.start(.orders)
            for link in used {
                for port in [port, cluster.port(.orders)] {
                    #expect(try await cluster.status(ofLink: link, at: port) == 401)
                }
            }
            #expect(try await cluster.status(ofLink: unused, at: cluster.port(.orders)) == 200)
            #expect(try await cluster.status(ofLink: unused, at: port) == 401)
        }
    }
}

extension Cluster {
    /// Starts a second process of orders on the same database.
    fileprivate func startReplica(ofOrdersAt port: Int) async throws {
        var variables = [
            "PORT": "\(port)", "JWT_KEYS_FILE": "secrets/jwt.json", "LOGIN_URL": url(.login),
            "CATALOG_URL": url(.catalog), "INBOX_URL": url(.inbox),
        ]
        variables["DATABASE_URL"] = try databaseURL(.orders)
        try startExternalProgram([Self.executables.appending(path: "orders").path], environment: variables)
        let isReady = try await eventually { (try? await status(ofLink: "/readyz", at: port)) == 200 }
        #expect(isReady)
    }

    /// The path and the query of a new link to a receipt.
    fileprivate func receiptLink(_ order: String, token: String) async throws -> String {
        let response = try await send(.post, .orders, "/orders/\(order)/receipt-link", token: token)
        let link = try #require(response["url"].flatMap(URL.init(string:)))
        return "\(link.path)?\(try #require(link.query))"
    }

    /// The status of a GET request to a port.
    fileprivate func status(ofLink link: String, at port: Int) async throws -> Int {
        let output = try await run(
            [
                "/usr/bin/curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}",
                "http://localhost:\(port)\(link)",
            ],
            in: directory)
        return try #require(Int(output))
    }
}

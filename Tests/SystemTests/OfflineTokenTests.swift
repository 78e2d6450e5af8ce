import Foundation
import HTTPTypes
import JWT
import JWTAuth
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct OfflineTokenTests {
    @Test func `a token that the command jwt signs opens services that have never had contact with login`() async throws
    {
        try await withCluster(running: [.catalog, .orders, .inbox]) { cluster in
            let token = try await cluster.sign([
                "iss=http://localhost:8080", "sub=\(UUID().uuidString.lowercased())", #"aud=["orders","inbox"]"#,
                "jti=offline-1", "scope=orders:read orders:write inbox:read",
            ])
            #expect(try await cluster.order(token: token).status == 201)
            #expect(try await cluster.orders(token: token).count == 1)
            #expect(try await eventually { try await cluster.messages(token: token).count == 1 })
            #expect(try await cluster.status(of: .catalog, token: token) == 401)

            // A script that publishes products on a schedule needs no account.
            let publisher = try await cluster.sign([
                "iss=http://localhost:8080", "sub=publisher", "aud=catalog", "jti=offline-2", "scope=catalog:write",
            ])
            #expect(try await cluster.status(of: .catalog, token: publisher) == 204)
        }
    }

    @Test func `the command jwt explains each decision of a running service`() async throws {
        try await withCluster { cluster in
            let holder = try SecretHolder(cluster)
            let valid = try await cluster.token("alice")
            let tokens = [
                valid, try holder.token(like: valid, ["aud": "inbox"]), try holder.token(like: valid, ["aud": nil]),
                try holder.token(like: valid, ["iss": "http://localhost:8080/"]),
                try holder.token(like: valid, ["exp": 1]), try holder.token(like: valid, ["exp": nil]),
                try holder.token(like: valid, ["nbf": 9_999_999_999]), try holder.token(like: valid, ["jti": nil]),
                try holder.token(like: valid, ["sub": nil]), try holder.token(like: valid, ["scope": "inbox:read"]),
                try holder.token(like: valid, ["scope": nil]),
                try holder.token(like: valid, typ: TokenType.service.typ),
                try holder.token(like: valid, ["scope": nil, "scopes": ["orders:read"]]), valid.tampered,
                String(valid.dropLast()), valid + "=", "a.b.c",
                try Signer(key: .generate(id: "foreign")).sign(InspectedToken(inspecting: valid).payload),
            ]
            var statuses: [Int: Int] = [:]
            for token in tokens {
                let status = try await cluster.get(.orders, "/orders", token: token).status
                statuses[status, default: 0] += 1
                let verdict =
                    status == 200
                    ? "orders accepts this token, unless it is revoked.\nstatus 0\n"
                    : "orders rejects this token with \(status).\nstatus 1\n"
                let explanation = try await cluster.explain(token)
                #expect(explanation.hasSuffix(verdict), "\(status): \(explanation)")
            }
            #expect(statuses == [200: 2, 401: 14, 403: 2])
        }
    }
}

extension Cluster {
    /// The output of `jwt explain` for a route of orders, with the exit status in its last line.
    fileprivate func explain(_ token: String) async throws -> String {
        let script = """
            printf %s "$1" | .build/debug/jwt explain --keys secrets/jwt.json --for orders --scope orders:read || code=$?
            echo "status ${code:-0}"
            """
        return try await run(["/bin/sh", "-c", script, "explain", token], in: directory)
    }
}

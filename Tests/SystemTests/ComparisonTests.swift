import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist([.compare]))) struct ComparisonTests {
    /// The header fields with the credentials of alice, by mechanism.
    private func credentials(_ cluster: Cluster) async throws -> [String: HTTPFields] {
        let token = try await cluster.token("alice")
        let created = try await cluster.send(.post, .login, "/api-tokens", token: token, json: #"{"name": "test"}"#)
        let browser = try await PageClient(signingIn: "alice", to: cluster)
        let basic = Data("alice:\(Demo.password)".utf8).base64EncodedString()
        return [
            "basic": [.authorization: "Basic \(basic)"], "session": [.cookie: browser.cookie],
            "token": [.authorization: "Token \(try #require(created["token"]))"],
            "jwt": [.authorization: "Bearer \(token)"],
        ]
    }

    private func status(_ mechanism: String, _ headers: HTTPFields?, _ cluster: Cluster) async throws -> Int {
        try await cluster.send(.get, .compare, "/\(mechanism)/notes", headers: headers ?? [:]).status
    }

    @Test func `all mechanisms identify the same account, and only the JWT does so while login is down`() async throws {
        try await withCluster(running: [.login, .compare], environment: Cluster.variablesForCompare) { cluster in
            let credentials = try await credentials(cluster)
            var headers = try #require(credentials["session"])
            headers[.origin] = cluster.url(.login)
            let added = try await cluster.send(
                .post, .compare, "/session/notes", headers: headers, json: #"{"text": "Hello"}"#)
            #expect(added.status == 201)
            for (mechanism, headers) in credentials {
                let list = try await cluster.send(.get, .compare, "/\(mechanism)/notes", headers: headers)
                #expect(list.status == 200 && list.text.contains("Hello"), "\(mechanism)")
            }
            try await cluster.kill(.login)
            for (mechanism, headers) in credentials {
                #expect(
                    try await status(mechanism, headers, cluster) == (mechanism == "jwt" ? 200 : 503), "\(mechanism)")
            }
        }
    }

    @Test func `the owner of a stolen cookie or API token ends its use at once`() async throws {
        try await withCluster(running: [.login, .compare], environment: Cluster.variablesForCompare) { cluster in
            let credentials = try await credentials(cluster)
            #expect(try await status("session", credentials["session"], cluster) == 200)
            #expect(try await status("token", credentials["token"], cluster) == 200)
            let token = try await cluster.token("alice")
            #expect(try await cluster.send(.post, .login, "/logout?everywhere=true", token: token).status == 204)
            #expect(try await status("session", credentials["session"], cluster) == 401)
            #expect(try await status("token", credentials["token"], cluster) == 200)
            let owner = try await cluster.token("alice")
            let list = try await cluster.get(.login, "/api-tokens", token: owner).text
            let id = try #require(list.firstMatch(of: /"id":"([^"]+)"/)).1
            #expect(try await cluster.send(.delete, .login, "/api-tokens/\(id)", token: owner).status == 204)
            #expect(try await status("token", credentials["token"], cluster) == 401)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        .enabled(
            if: TestEngine.selected == .sqlite,
            "scripts/compare counts the statements of SQLite, so it chooses its files"))
    func `the comparison finds no call of login for a JWT, and at least one for each other mechanism`() async throws {
        try await run(["scripts/compare", "--short"], in: Cluster.project)
        let file = Cluster.project.appending(path: ".build/comparison-short/comparison.json")
        let result = try JSONDecoder().decode(Comparison.self, from: Data(contentsOf: file))
        #expect(Set(result.mechanisms.keys) == ["basic", "session", "token", "jwt"])
        for (mechanism, measurement) in result.mechanisms {
            #expect(Array(measurement.statuses.keys) == ["200"])
            let outage = try #require(result.replicas["2"]?.outage[mechanism])
            #expect(Set(outage.keys) == ["frozen", "dead"])
            if mechanism == "jwt" {
                #expect(measurement.calls_of_login == 0 && measurement.reads_of_login < 1)
                #expect(outage.values.allSatisfy { $0.statuses == ["200": 2] })
            } else {
                #expect(measurement.calls_of_login >= 1 && measurement.reads_of_login >= 1)
                #expect(outage.values.allSatisfy { $0.statuses == ["503": 2] })
            }
        }
        #expect(result.revocations.verification.map(\.entries) == [nil, 0, 10])
        #expect(result.revocations.compare.values.allSatisfy { $0.calls_of_login == 0 })
        #expect(result.bytes.opaque < result.bytes.jwt && result.bytes.jwt < result.bytes.jwt_with_usual_claims)
    }

    /// The part of `comparison.json` that the test reads.
    private struct Comparison: Decodable {
        struct Measurement: Decodable {
            let statuses: [String: Int]
            let calls_of_login, reads_of_login: Double
        }
        struct Replicas: Decodable { let outage: [String: [String: Outage]] }
        struct Outage: Decodable { let statuses: [String: Int] }
        struct Revocations: Decodable {
            struct Verification: Decodable { let entries: Int? }
            struct Request: Decodable { let calls_of_login: Double }

            let verification: [Verification]
            let compare: [String: Request]
        }
        struct Sizes: Decodable { let opaque, jwt, jwt_with_usual_claims: Int }

        let mechanisms: [String: Measurement]
        let replicas: [String: Replicas]
        let revocations: Revocations
        let bytes: Sizes
    }
}

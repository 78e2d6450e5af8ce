import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite struct `Secrets stay secret` {
    @Test(arguments: ["text", "json"])
    func `no log holds a secret, a password or a token`(format: String) async throws {
        try await withCluster(environment: ["LOG_LEVEL": "trace", "LOG_FORMAT": format]) { cluster in
            let password = "a password that nobody else has"
            #expect(try await cluster.signUp("dave", password: password) == 201)
            #expect(try await cluster.signIn("dave", password: password + "!").status == 400)
            let grant = try await cluster.signIn("dave", password: password).decoded(as: Grant.self)
            #expect(try await cluster.order(token: grant.accessToken).status == 201)
            #expect(try await cluster.get(.orders, "/orders", token: grant.accessToken.tampered).status == 401)
            #expect(try await cluster.get(.orders, "/orders?token=\(grant.accessToken)").status == 401)
            #expect(
                try await cluster.send(.post, .login, "/token", json: #"{"grant_type": "\#(password)"}"#).status == 400)
            #expect(try await eventually { try await cluster.messages(token: grant.accessToken).count == 1 })

            let signature = try #require(grant.accessToken.split(separator: ".").last)
            let secrets = [try cluster.secret(), password, grant.refreshToken, String(signature)]
            for service in ServiceName.allCases {
                let log = try cluster.log(service)
                #expect(log.contains("/") && log.count > 500, "\(service.rawValue) has logged what happened")
                for secret in secrets { #expect(!log.contains(secret)) }
                // Whatever looks like a token: two base64url parts that begin like a JSON object.
                #expect(log.firstMatch(of: /eyJ[A-Za-z0-9_-]+\.eyJ/) == nil)
            }
        }
    }
}

extension Cluster {
    /// The key that the services share, as it stands in the file.
    fileprivate func secret() throws -> String {
        struct KeyFile: Decodable {
            let keys: [Key]
            struct Key: Decodable { let k: String }
        }
        let data = try Data(contentsOf: directory.appending(path: "secrets/jwt.json"))
        return try #require(try JSONDecoder().decode(KeyFile.self, from: data).keys.first).k
    }
}

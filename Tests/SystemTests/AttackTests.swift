import Foundation
import HTTPTypes
import TestSupport
import Testing

/// Attacks that succeed first, and what then stops them. `docs/attacks.md` describes them; `BrowserTests` has those that
/// need a real browser.
@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop + [.compare]))) struct AttackTests {
    /// The services that verify access tokens by themselves.
    private static let verifiers: [ServiceName] = Cluster.followers + [.compare]

    /// The services that accept a token. 403 of catalog means that it knows the caller.
    private func services(accepting token: String, of cluster: Cluster) async throws -> [ServiceName] {
        var accepting: [ServiceName] = []
        for service in Self.verifiers where try await cluster.status(of: service, token: token) != 401 {
            accepting.append(service)
        }
        return accepting
    }

    @Test func `a copied session cookie works until its owner ends the session on the account page`() async throws {
        try await withCluster(running: ServiceName.allCases, environment: Cluster.variablesForCompare) { cluster in
            let stolenFrom = try await PageClient(signingIn: "alice", to: cluster)
            var thief = stolenFrom
            #expect(try await thief.get("/account").text.contains("<h1>alice</h1>"))
            #expect(try await thief.send(.post, .compare, "/session/notes", form: "text=mine").status == 201)
            let token = try #require(try await thief.accessToken()["access_token"])
            #expect(try await services(accepting: token, of: cluster) == Self.verifiers)
            #expect(try await cluster.order(token: token).status == 201)
            let created = try await cluster.send(
                .post, .login, "/api-tokens", token: token, json: #"{"name": "later"}"#)
            let apiToken: HTTPFields = [.authorization: "Token \(try #require(created["token"]))"]

            // The owner finds the session in the list, below the one of the browser in which the page is open.
            var owner = try await PageClient(signingIn: "alice", to: cluster)
            let sessions = try await owner.get("/account").text.matches(of: /name="session" value="([^"]+)"/)
            #expect(sessions.count == 2)
            let ended = try await owner.submit("/account/sessions/end", "session=\(try #require(sessions.last).1)")
            #expect(ended.headers[.location] == "/account?notice=session-ended")

            #expect(try await cluster.status(of: .login, token: token) == 401)
            #expect(try await thief.accessToken().status == 401)
            #expect(try await thief.send(.get, .compare, "/session/notes").status == 401)
            #expect(try await thief.get("/account").headers[.location] == "/login?next=/account")
            for service in Self.verifiers { try await cluster.waitForRejection(of: token, at: service) }
            #expect(try await owner.send(.get, .compare, "/session/notes").status == 200)

            // An API token of the thief outlives the session, but not the password.
            #expect(try await cluster.send(.get, .compare, "/token/notes", headers: apiToken).status == 200)
            let changed = try await cluster.send(
                .post, .login, "/password", token: owner.accessToken()["access_token"],
                json: #"{"current_password": "\#(Demo.password)", "new_password": "another quiet corridor"}"#)
            #expect(changed.status == 204)
            #expect(try await cluster.send(.get, .compare, "/token/notes", headers: apiToken).status == 401)
        }
    }

    @Test func `a token forged with a stolen key file acts for its victim until the key is changed`() async throws {
        try await withCluster(running: ServiceName.allCases, environment: Cluster.variablesForCompare) { cluster in
            let file = cluster.directory.appending(path: "secrets/jwt.json")
            try FileManager.default.copyItem(at: file, to: cluster.directory.appending(path: "stolen.json"))
            let signedIn = try await cluster.signIn("alice")
            let victim = try signedIn.decoded(as: TokenResponse.self)
            let audience = ServiceName.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
            let claims = [
                "iss=http://localhost:8080", "sub=\(try #require(signedIn["account_id"]))", "jti=forged",
                "aud=[\(audience)]", "scope=orders:read orders:write inbox:read",
            ]
            let forged = try await cluster.sign(claims, keys: "stolen.json")
            #expect(try await services(accepting: forged, of: cluster) == Self.verifiers)
            #expect(try await cluster.order(token: forged).status == 201)
            #expect(try await cluster.orders(token: victim.accessToken).count == 1)
            // Login looks up the session of each token, and this token has no session.
            #expect(try await cluster.status(of: .login, token: forged) == 401)

            try await run(["scripts/rotate-secret", "now"], in: cluster.directory)
            let forgedLater = try await cluster.sign(claims, keys: "stolen.json")
            for token in [forged, forgedLater, victim.accessToken] {
                for service in Self.verifiers { try await cluster.waitForRejection(of: token, at: service) }
            }
            let renewed = try await cluster.renew(victim.refreshToken).decoded(as: TokenResponse.self)
            for token in [renewed.accessToken, try await cluster.token("alice")] {
                #expect(try await services(accepting: token, of: cluster) == Self.verifiers)
            }
        }
    }

    @Test func `a copied token outlives a client that only forgets it, but not a logout at login`() async throws {
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            var browser = try await PageClient(signingIn: "alice", to: cluster)
            let forgotten = try #require(try await browser.accessToken(seconds: 5)["access_token"])
            let (copied, start) = (forgotten, ContinuousClock.now)
            #expect(try await cluster.get(.orders, "/orders", token: copied).status == 200)
            let untilExpiry = try await cluster.waitForRejection(of: copied, at: .orders) - start
            #expect(try await cluster.get(.orders, "/orders", token: copied).code == "token_expired")

            let other = try #require(try await browser.accessToken()["access_token"])
            let logout = ContinuousClock.now
            #expect(try await cluster.send(.post, .login, "/logout", token: other).status == 204)
            for service in Cluster.followers {
                let delay = try await cluster.waitForRejection(of: other, at: service) - logout
                print("After a logout at login, \(service.rawValue) accepted the copy for \(delay).")
            }
            #expect(try await cluster.get(.orders, "/orders", token: other).code == "invalid_token")
            print("Without one, orders accepted a copy that lives for 5 s for \(untilExpiry).")
        }
    }
}

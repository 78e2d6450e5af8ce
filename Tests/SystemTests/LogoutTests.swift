import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized) struct LogoutTests {
    @Test func `a logout reaches every service, and a kill of login does not undo it`() async throws {
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            let (first, second) = (try await cluster.token("alice"), try await cluster.token("alice"))
            for service in Cluster.followers {
                #expect([200, 403].contains(try await cluster.status(of: service, token: first)))
            }
            for token in [first, second] {
                #expect(try await cluster.send(.post, .login, "/logout", token: token).status == 204)
                for service in Cluster.followers {
                    try await cluster.waitForRejection(of: token, at: service)
                }
                try await cluster.kill(.login)
                for service in Cluster.followers { #expect(try await cluster.status(of: service, token: token) == 401) }
                try await cluster.start(.login)
            }
            try await cluster.kill(.login)
            for service in Cluster.followers {
                let failures = try await cluster.metric("revocations_failures_total", of: service) ?? 0
                #expect(try await eventually { try await cluster.metric("revocations_entries", of: service) == 2 })
                #expect(
                    try await eventually {
                        try await cluster.metric("revocations_failures_total", of: service) ?? 0 > failures
                    })
                let age = try await cluster.metric("revocations_age_seconds", of: service) ?? 0
                #expect(
                    try await eventually {
                        try await cluster.metric("revocations_age_seconds", of: service) ?? 0 > age
                    })
            }
        }
    }

    @Test func `a service that starts while login is down rejects tokens of ended sessions`() async throws {
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            let token = try await cluster.token("alice")
            #expect(try await cluster.send(.post, .login, "/logout", token: token).status == 204)
            for service in Cluster.followers {
                try await cluster.waitForRejection(of: token, at: service)
            }
            try await cluster.kill(.login)
            for service in Cluster.followers {
                try await cluster.stop(service)
                try await cluster.start(service)
                #expect(try await cluster.status(of: service, token: token) == 401)
            }
        }
    }
}

import Database
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

@Suite struct DemoDataTests {
    @Test func `the demo accounts exist with their scopes when DEMO_DATA is on`() async throws {
        try await LoginUnderTest.run(environment: ["DEMO_DATA": "on"]) { login in
            let customer = "orders:read orders:write inbox:read"
            for (name, scope) in [
                ("alice", customer), ("bob", customer), ("staff", customer + " catalog:write orders:read:all"),
            ] {
                let response = try await login.signIn(name, DemoData.password)
                #expect(response["scope"] == scope)
            }
        }
    }

    @Test func `no demo account exists when DEMO_DATA is off`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signIn("alice", DemoData.password)
            #expect(response["error"] == "invalid_grant")
            #expect(try await login.rows("SELECT id FROM accounts").isEmpty)
        }
    }

    @Test func `adding the demo data twice changes nothing`() async throws {
        let stores = try Stores()
        let hasher = PasswordHasher(cost: .cheap)
        try await DemoData.add(to: stores.accounts, hasher: hasher, clock: TestClock().clock)
        _ = try await stores.accounts.setDisabled(true, "bob".username, at: TestClock().now)
        let before = try await stores.accounts.list()
        try await DemoData.add(to: stores.accounts, hasher: hasher, clock: TestClock().clock)
        #expect(try await stores.accounts.list() == before)
        #expect(hasher.load.total == 3)
    }
}

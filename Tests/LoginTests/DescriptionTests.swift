import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct DescriptionTests {
    /// Whether a route serves pages, their forms, or files.
    private static func isPage(_ route: Route) -> Bool {
        ["/", "/login", "/account", "/authorize", "/shop", "/.well-known/change-password"].contains(route.path)
            || ["/account/", "/assets/", "/shop/", "/login/", "/signup/"].contains { route.path.hasPrefix($0) }
    }

    @Test func `the OpenAPI document of login agrees with its routes, their security and their methods`() async throws {
        #expect(try await DescriptionCheck.differences(of: CheapLogin.self, except: Self.isPage) == [])
    }
}

import TestSupport
import Testing

/// Runs in the copy of the project to which `NewServiceBuildTests` adds the service of the page.
@Suite(.enabled(if: BuildableCopy.isHere)) struct NewServicePageTests {
    @Test func `every command for a new service in the documentation has the documented output`() async throws {
        let bookmarks = ServiceName(rawValue: "bookmarks")
        try #require(ServiceName.standard.contains(bookmarks))
        try await ExecutablePage("docs/services.md").check(running: [.login, bookmarks])
    }
}

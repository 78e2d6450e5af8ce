import TestSupport
import Testing

/// Adds and removes services in a copy of the project, and builds it. `scripts/test` runs this suite after all others,
/// because a build takes all processors.
@Suite(.enabled(if: ServiceName.isListUnchanged)) struct NewServiceBuildTests {
    @Test(.timeLimit(.minutes(25)))
    func `a new service builds, passes its tests and does what its page says, and the project builds without services`()
        async throws
    {
        let copy = try await BuildableCopy()
        try await copy.run("scripts/new-service", "bookmarks")
        try await copy.build()
        let tests = try await copy.test(#"^(BookmarksTests|SystemTests\.NewServicePageTests)"#)
        #expect(tests.contains("tests in 4 suites passed"))
        // The tests of the project pass whichever services there are.
        let others = #"^SystemTests\.(AlertTests|ConfigurationTests|NewServiceTests|RolesScriptTests)/"#
        _ = try await copy.test(others)

        for name in ["bookmarks", "orders", "inbox"] { try await copy.run("scripts/remove-service", name) }
        try await copy.build()
        let remaining = try await copy.test(
            others + #"|^(LoginTests\.|CatalogTests\.|SystemTests\.DevelopmentContainerTests/)"#)
        #expect(remaining.contains("suites passed"))
    }
}

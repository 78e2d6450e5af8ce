import Foundation
import TestSupport
import Testing

@Suite struct `A browser of the tests` {
    private struct Expected: Error {}

    @Test func `keeps its files with those of the test, and leaves none, also when the test fails`() async throws {
        var (folder, profile) = ("", "")
        await #expect(throws: Expected.self) {
            try await withCluster(running: []) { cluster in
                folder = cluster.directory.path
                try await withBrowser(in: cluster) { browser in
                    try await browser.open("chrome://version")
                    profile = try await browser.text("#profile_path")
                    #expect(FileManager.default.fileExists(atPath: profile))
                    throw Expected()
                }
            }
        }
        #expect(!folder.isEmpty && profile.hasPrefix(folder + "/"))
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}

import Foundation
import TestSupport
import Testing

@Suite struct `The files of a browser` {
    private struct Expected: Error {}

    @Test func `a browser keeps its files in the folder of the test, which is removed even when the test fails`()
        async throws
    {
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

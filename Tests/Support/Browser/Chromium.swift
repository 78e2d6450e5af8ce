import Foundation

/// A Chromium of its own, without a window, driven over WebDriver (W3C) by Debian's `chromium-driver`.
///
/// Elements are named by CSS selectors. Whatever looks for one waits until it is there.
public final class Chromium: Sendable {
    /// How a page is looked at.
    public struct View: Sendable {
        /// The width in CSS pixels; below 600 it is that of a phone.
        public let width: Int
        /// Whether the visitor prefers dark colours.
        public let isDark: Bool

        /// A phone and a desktop, light and dark.
        public static let all = [390, 1280].flatMap { width in
            [false, true].map { View(width: width, isDark: $0) }
        }

        /// As in `390-dark`.
        public var name: String { "\(width)-\(isDark ? "dark" : "light")" }
    }

    /// How long something may take to appear on a page.
    static let patience: Duration = .seconds(30)

    private let driver: ChildProcess
    let session: WebDriver

    /// Starts a browser with an empty profile, whose files are in the cluster's folder and go with it.
    ///
    /// - Parameter runsScripts: Whether pages may run scripts.
    init(in cluster: Cluster, runsScripts: Bool) async throws {
        let port = try await cluster.strangerPort()
        let files = cluster.directory.appending(path: "b\(port)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: false)
        driver = try ChildProcess(
            ["/usr/bin/chromedriver", "--port=\(port)", "--silent"],
            environment: ["PATH": "/usr/bin:/bin", "HOME": files.path, "TMPDIR": files.path],
            directory: cluster.directory, log: cluster.directory.appending(path: "run/chromedriver.log"))
        session = try await WebDriver(port: port, capabilities: Capabilities.body(runsScripts: runsScripts))
    }

    func end() async {
        await session.end()
        driver.endGroup()
        _ = await driver.ended()
    }
}

/// What a session is asked for with.
private enum Capabilities {
    static func body(runsScripts: Bool) -> Data {
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900",
        ]
        let blocked = runsScripts ? "" : #", "prefs": {"profile.managed_default_content_settings.javascript": 2}"#
        let list = arguments.map { "\"\($0)\"" }.joined(separator: ", ")
        return Data(
            """
            {"capabilities": {"alwaysMatch": {"browserName": "chrome", "timeouts": {"script": 60000},
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": [\(list)]\(blocked)}}}}
            """.utf8)
    }
}

/// Starts a browser, runs `body`, and ends it. When `body` throws, what the page shows is printed.
public func withBrowser<Result>(
    in cluster: Cluster, runsScripts: Bool = true, _ body: (Chromium) async throws -> Result
) async throws -> Result {
    let browser = try await Chromium(in: cluster, runsScripts: runsScripts)
    do {
        let result = try await body(browser)
        await browser.end()
        return result
    } catch {
        if let url = try? await browser.url, let text = try? await browser.text() {
            print("--- \(url)\n\(text.prefix(2000))")
        }
        await browser.end()
        throw error
    }
}

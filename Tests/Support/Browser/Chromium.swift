import Foundation

/// A headless Chromium with an empty profile, controlled over WebDriver (W3C) by Debian's `chromium-driver`.
///
/// CSS selectors name the elements. Each function that takes one waits until the element exists.
public final class Chromium: Sendable {
    /// The width and the colour scheme of a page.
    public struct View: Sendable {
        /// The width in CSS pixels; one below 600 is that of a phone.
        public let width: Int
        /// Whether the user prefers dark colours.
        public let isDark: Bool

        /// A phone and a desktop, each light and dark.
        public static let all = [390, 1280].flatMap { width in
            [false, true].map { View(width: width, isDark: $0) }
        }

        /// The name of the view, such as `390-dark`.
        public var name: String { "\(width)-\(isDark ? "dark" : "light")" }
    }

    /// The longest time until something appears on a page.
    static let timeout: Duration = .seconds(30)

    private let driver: ChildProcess
    let session: WebDriver

    /// Starts a browser. Its files are in the folder of the cluster and are removed with it.
    ///
    /// - Parameter runsScripts: Whether pages may run scripts.
    init(in cluster: Cluster, runsScripts: Bool) async throws {
        let port = try await cluster.unusedPort()
        let files = cluster.directory.appending(path: "b\(port)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: false)
        driver = try ChildProcess(
            ["/usr/bin/chromedriver", "--port=\(port)", "--silent"],
            environment: ["PATH": "/usr/bin:/bin", "HOME": files.path, "TMPDIR": files.path],
            directory: cluster.directory, log: cluster.directory.appending(path: "run/chromedriver.log"))
        session = try await WebDriver(port: port, capabilities: Capabilities.body(runsScripts: runsScripts))
    }

    func shutDown() async {
        await session.delete()
        driver.killGroup()
        _ = await driver.waitForTermination()
    }
}

/// The request body of a new session.
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

/// Starts a browser, calls `body`, and shuts the browser down. If `body` throws, this prints the URL and text of the
/// page.
public func withBrowser<Result>(
    in cluster: Cluster, runsScripts: Bool = true, _ body: (Chromium) async throws -> Result
) async throws -> Result {
    let browser = try await Chromium(in: cluster, runsScripts: runsScripts)
    do {
        let result = try await body(browser)
        await browser.shutDown()
        return result
    } catch {
        if let url = try? await browser.url, let text = try? await browser.text() {
            print("--- \(url)\n\(text.prefix(2000))")
        }
        await browser.shutDown()
        throw error
    }
}

public import Foundation
import HTTPTypes

extension Chromium {
    /// Opens a URL and waits until the page is loaded.
    public func open(_ url: String) async throws {
        let _: WebDriver.IgnoredValue = try await session.command(.post, "/url", ["url": url])
    }

    /// The URL of the page.
    public var url: String {
        get async throws { try await session.command(.get, "/url") }
    }

    /// The visible text of an element.
    public func text(_ selector: String = "body") async throws -> String {
        try await withElement(selector) { try await session.command(.get, "/element/\($0)/text") }
    }

    /// Scrolls to an element and clicks on it.
    public func click(_ selector: String) async throws {
        try await withElement(selector) { element in
            try await run("arguments[0].scrollIntoView({block: 'center'})", elements: [element])
            let _: WebDriver.IgnoredValue = try await session.command(
                .post, "/element/\(element)/click", [String: String]())
        }
    }

    /// Replaces the text of a field.
    public func fill(_ selector: String, _ text: String) async throws {
        try await withElement(selector) { field in
            let _: WebDriver.IgnoredValue = try await session.command(
                .post, "/element/\(field)/clear", [String: String]())
            let _: WebDriver.IgnoredValue = try await session.command(.post, "/element/\(field)/value", ["text": text])
        }
    }

    /// Presses keys one after the other in the focused element. `Key` has the keys that are not characters.
    public func press(_ keys: String, withShift: Bool = false) async throws {
        struct Actions: Encodable {
            struct Source: Encodable {
                let type = "key"
                let id = "keyboard"
                let actions: [[String: String]]
            }
            let actions: [Source]
        }
        let shift = "\u{E008}"
        var strokes = keys.map(String.init).flatMap {
            [["type": "keyDown", "value": $0], ["type": "keyUp", "value": $0]]
        }
        if withShift {
            strokes = [["type": "keyDown", "value": shift]] + strokes + [["type": "keyUp", "value": shift]]
        }
        let _: WebDriver.IgnoredValue = try await session.command(
            .post, "/actions", Actions(actions: [.init(actions: strokes)]))
    }

    /// The keys that are not characters (WebDriver §17.4.2).
    public enum Key {
        /// Moves the focus to the next element.
        public static let tab = "\u{E004}"
        /// Submits a form or presses a button.
        public static let enter = "\u{E007}"
    }

    /// The value of a JavaScript expression.
    public func value<Value: Decodable>(_ expression: String, as type: Value.Type = Value.self) async throws -> Value {
        try await session.command(.post, "/execute/sync", Script(script: "return \(expression)", args: []))
    }

    /// The value with which a JavaScript promise is fulfilled, or the message with which it is rejected.
    public func awaited<Value: Decodable>(_ expression: String, as type: Value.Type = Value.self) async throws -> Value
    {
        let script = "const done = arguments[0]; (\(expression)).then(done, (error) => done(String(error)))"
        return try await session.command(.post, "/execute/async", Script(script: script, args: []))
    }

    /// Runs JavaScript statements.
    public func run(_ statements: String) async throws {
        try await run(statements, elements: [])
    }

    private func run(_ statements: String, elements: [String]) async throws {
        let arguments = elements.map { [Self.elementKey: $0] }
        let _: WebDriver.IgnoredValue = try await session.command(
            .post, "/execute/sync", Script(script: statements, args: arguments))
    }

    /// Whether a JavaScript expression becomes true in time.
    public func sees(_ expression: String) async throws -> Bool {
        try await eventually(within: Self.timeout) { try await value("Boolean(\(expression))") }
    }

    /// Whether a text appears on the page in time.
    public func shows(_ text: String) async throws -> Bool {
        try await eventually(within: Self.timeout) { try await self.text().contains(text) }
    }

    /// Calls `body` with an element once it exists. If the element disappears meanwhile, because the browser leaves the
    /// page, this looks for it again.
    private func withElement<Value>(_ selector: String, _ body: (String) async throws -> Value) async throws -> Value {
        var value: Value?
        var failure: (any Error)?
        _ = try await eventually(within: Self.timeout) {
            let found: [[String: String]] = try await session.command(
                .post, "/elements", ["using": "css selector", "value": selector])
            guard let element = found.first?[Self.elementKey] else { return false }
            do {
                value = try await body(element)
                return true
            } catch let error as ClusterError where error.description.contains("stale element") {
                failure = error
                return false
            }
        }
        guard let value else { throw failure ?? ClusterError("The page has no element \(selector).") }
        return value
    }

    /// The member that refers to an element (WebDriver §12.1).
    private static let elementKey = "element-6066-11e4-a52e-4f735466cecf"
}

extension Chromium {
    /// Opens another window and switches to it. Returns the handle of the former window, for `enter`.
    public func openWindow() async throws -> String {
        struct Window: Decodable { let handle: String }
        let former = try await window
        let window: Window = try await session.command(.post, "/window/new", ["type": "tab"])
        try await enter(window.handle)
        return former
    }

    /// The current window.
    public var window: String {
        get async throws { try await session.command(.get, "/window") }
    }

    /// All windows.
    public var windows: [String] {
        get async throws { try await session.command(.get, "/window/handles") }
    }

    /// Switches to another window.
    public func enter(_ window: String) async throws {
        let _: WebDriver.IgnoredValue = try await session.command(.post, "/window", ["handle": window])
    }

    /// Changes the width and the colour scheme of the page.
    public func setView(_ view: View) async throws {
        struct Metrics: Encodable {
            let width: Int
            let height = 844
            let deviceScaleFactor = 1
            let mobile: Bool
        }
        struct Media: Encodable { let features: [[String: String]] }
        try await chrome("Emulation.setDeviceMetricsOverride", Metrics(width: view.width, mobile: view.width < 600))
        let scheme = ["name": "prefers-color-scheme", "value": view.isDark ? "dark" : "light"]
        try await chrome("Emulation.setEmulatedMedia", Media(features: [scheme]))
    }

    /// A screenshot of the page as PNG.
    public func screenshot() async throws -> Data {
        let text: String = try await session.command(.get, "/screenshot")
        return Data(base64Encoded: text) ?? Data()
    }

    /// The warnings and errors in the console since the last call, such as violations of a policy.
    public func consoleMessages() async throws -> [String] {
        struct Entry: Decodable { let level, message: String }
        let entries: [Entry] = try await session.command(.post, "/se/log", ["type": "browser"])
        return entries.filter { ["WARNING", "SEVERE"].contains($0.level) }.map(\.message)
    }

    private func chrome(_ name: String, _ parameters: some Encodable) async throws {
        let _: WebDriver.IgnoredValue = try await session.command(
            .post, "/goog/cdp/execute", DevToolsCommand(cmd: name, params: parameters))
    }
}

/// A command of the Chrome DevTools Protocol.
private struct DevToolsCommand<Parameters: Encodable>: Encodable {
    let cmd: String
    let params: Parameters
}

private struct Script: Encodable {
    let script: String
    let args: [[String: String]]
}

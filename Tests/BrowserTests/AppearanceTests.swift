import Foundation
import TestSupport
import Testing

/// Checks every page at the width of a phone and of a desktop, in light and dark colours: axe-core finds no violation, the
/// page is not too wide, and no request goes to another host. Writes pictures to `.build/pictures`.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: ServiceName.exist(ServiceName.shop)))
struct `The appearance of the pages` {
    private static let pictures = Cluster.project.appending(path: ".build/pictures")
    private static let axe = Cluster.project.appending(path: ".build/axe-core/axe.min.js")

    private struct Violation: Decodable {
        let id: String
        let nodes: [String]
    }

    private func check(_ name: String, in browser: Chromium, _ axe: String) async throws {
        try FileManager.default.createDirectory(at: Self.pictures, withIntermediateDirectories: true)
        for view in Chromium.View.all {
            try await browser.setView(view)
            try await browser.screenshot().write(to: Self.pictures.appending(path: "\(name)-\(view.name).png"))
            let excess: Int = try await browser.value(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth")
            #expect(excess <= 0, "\(name) at \(view.name) is too wide")
            try await browser.run("if (!window.axe) { \(axe)\nwindow.axe = window.axe ?? axe; }")
            let violations: [Violation] = try await browser.awaited(
                """
                axe.run().then(({ violations }) =>
                  violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html.slice(0, 200)) })))
                """)
            #expect(violations.isEmpty, "\(name) at \(view.name): \(violations)")
        }
        let foreign: [String] = try await browser.value(
            """
            performance.getEntriesByType('resource').map(({ name }) => name)
              .filter((name) => new URL(name).hostname !== 'localhost')
            """)
        #expect(foreign.isEmpty)
    }

    /// Starts all services and a browser, and calls `body` with a function that checks the page that the browser shows.
    private func run(
        _ body: (
            _ cluster: Cluster, _ browser: Chromium, _ check: (_ name: String) async throws -> Void
        ) async throws -> Void
    ) async throws {
        let axe = try #require(try? String(contentsOf: Self.axe, encoding: .utf8), "To fetch it: scripts/axe-core")
        try await withCluster { cluster in
            try await withBrowser(in: cluster) { browser in
                try await body(cluster, browser) { try await check($0, in: browser, axe) }
            }
        }
    }

    @Test func `the pages of a visitor pass the checks of axe-core and fit the screen`() async throws {
        try await run { cluster, browser, check in
            try await browser.openShop(cluster)
            try await check("shop")
            try await browser.openShop(cluster, "orders")
            try await check("shop-signed-out")
            try await browser.open(cluster.url(.login, "/"))
            try await check("start")
            try await browser.open(cluster.url(.login, "/login"))
            try await check("sign-in")
            try await browser.fill("#username", "nobody")
            try await browser.click("main button")
            #expect(try await browser.shows("The name or the password is wrong."))
            try await check("sign-in-rejected")
            try await browser.open(cluster.url(.login, "/signup"))
            try await browser.fill("#username", "x")
            try await browser.click("main button")
            #expect(try await browser.shows("That did not work"))
            try await check("sign-up-rejected")
        }
    }

    @Test func `the pages of an account pass the checks of axe-core and fit the screen`() async throws {
        try await run { cluster, browser, check in
            func open(_ path: String) async throws { try await browser.open(cluster.url(.login, path)) }
            try await browser.signIn(cluster)
            try await open(ConsentTests.path(cluster))
            #expect(try await browser.shows("Allow Demo command line?"))
            try await check("consent")
            try await browser.click("button[value=allow]")
            #expect(try await browser.sees("location.pathname === '/callback'"))
            try await open("/authorize?client_id=nobody")
            try await check("consent-rejected")
            try await open("/account")
            #expect(try await browser.shows("Connected apps"))
            try await check("account")
            for page in ["password", "delete", "api-tokens/new"] {
                try await open("/account/\(page)")
                try await check("account-\(page.replacing("/", with: "-"))")
            }
            try await browser.click("main button")
            #expect(try await browser.shows("Name must have"))
            try await check("api-token-rejected")
            try await browser.fill("#name", "backup script")
            try await browser.click("main button")
            #expect(try await browser.shows("Copy the token now."))
            try await check("api-token-created")
            try await open("/account")
            #expect(try await browser.shows("backup script"))
            try await check("account-api-tokens")
            try await open("/account/delete")
            try await browser.run("document.querySelector('main [name=form_token]').value = 'x'")
            try await browser.click("main button")
            #expect(try await browser.shows("Nothing was changed"))
            try await check("form-rejected")
        }
    }

    @Test func `the pages of the shop pass the checks of axe-core and fit the screen`() async throws {
        try await run { cluster, browser, check in
            try await browser.signIn(cluster)
            try await browser.openShop(cluster)
            try await browser.order()
            try await browser.click(".products li:nth-child(2) button")
            try await check("shop-basket")
            try await browser.go(to: "orders")
            #expect(try await browser.shows("Desk lamp"))
            try await check("shop-orders")
            #expect(
                try await eventually {
                    try await browser.openShop(cluster, "messages")
                    return try await browser.text().contains("Your order is placed")
                })
            try await check("shop-messages")
            try await browser.click("#drawer summary")
            try await browser.click("#attempts button")
            #expect(try await browser.shows("401:"))
            try await check("shop-drawer")
            try await cluster.kill(.orders)
            try await browser.click("#drawer summary")
            try await browser.go(to: "orders")
            #expect(try await browser.shows("The orders service does not respond"))
            try await check("shop-failure")
        }
    }
}

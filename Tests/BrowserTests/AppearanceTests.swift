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

    @Test func `every page passes the checks of axe-core and fits the screen`() async throws {
        let axe = try #require(try? String(contentsOf: Self.axe, encoding: .utf8), "To fetch it: scripts/axe-core")
        try await withCluster { cluster in
            try await withBrowser(in: cluster) { browser in
                func open(_ path: String) async throws { try await browser.open(cluster.url(.login, path)) }
                try await browser.openShop(cluster)
                try await check("shop", in: browser, axe)
                try await browser.openShop(cluster, "orders")
                try await check("shop-signed-out", in: browser, axe)
                try await open("/")
                try await check("start", in: browser, axe)
                try await open("/login")
                try await check("sign-in", in: browser, axe)
                try await browser.fill("#username", "nobody")
                try await browser.click("main button")
                #expect(try await browser.shows("The name or the password is wrong."))
                try await check("sign-in-refused", in: browser, axe)
                try await open("/signup")
                try await browser.fill("#username", "x")
                try await browser.click("main button")
                #expect(try await browser.shows("That did not work"))
                try await check("sign-up-refused", in: browser, axe)
                try await browser.signIn(cluster)
                try await open(ConsentTests.path(cluster))
                #expect(try await browser.shows("Allow Demo command line?"))
                try await check("consent", in: browser, axe)
                try await browser.click("button[value=allow]")
                #expect(try await browser.sees("location.pathname === '/callback'"))
                try await open("/authorize?client_id=nobody")
                try await check("consent-refused", in: browser, axe)
                try await open("/account")
                #expect(try await browser.shows("Connected apps"))
                try await check("account", in: browser, axe)
                for page in ["password", "delete", "api-tokens/new"] {
                    try await open("/account/\(page)")
                    try await check("account-\(page.replacing("/", with: "-"))", in: browser, axe)
                }
                try await browser.click("main button")
                #expect(try await browser.shows("Name must have"))
                try await check("api-token-refused", in: browser, axe)
                try await browser.fill("#name", "backup script")
                try await browser.click("main button")
                #expect(try await browser.shows("Copy the token now."))
                try await check("api-token-created", in: browser, axe)
                try await open("/account")
                #expect(try await browser.shows("backup script"))
                try await check("account-api-tokens", in: browser, axe)
                try await open("/account/delete")
                try await browser.run("document.querySelector('main [name=form_token]').value = 'x'")
                try await browser.click("main button")
                #expect(try await browser.shows("Nothing was changed"))
                try await check("form-refused", in: browser, axe)
                try await browser.openShop(cluster)
                try await browser.order()
                try await browser.click(".products li:nth-child(2) button")
                try await check("shop-basket", in: browser, axe)
                try await browser.go(to: "orders")
                #expect(try await browser.shows("Desk lamp"))
                try await check("shop-orders", in: browser, axe)
                #expect(
                    try await eventually {
                        try await browser.openShop(cluster, "messages")
                        return try await browser.text().contains("Your order is placed")
                    })
                try await check("shop-messages", in: browser, axe)
                try await browser.click("#drawer summary")
                try await browser.click("#attempts button")
                #expect(try await browser.shows("401:"))
                try await check("shop-drawer", in: browser, axe)
                try await cluster.kill(.orders)
                try await browser.click("#drawer summary")
                try await browser.go(to: "orders")
                #expect(try await browser.shows("The orders service does not respond"))
                try await check("shop-failure", in: browser, axe)
            }
        }
    }
}

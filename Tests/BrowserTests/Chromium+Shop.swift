// The tests drive Chromium against running services, to see what people see: the pages of login, the shop and `/docs`.
// They are apart from the tests of the services because they need `chromium` and `chromium-driver` and take minutes.

import Foundation
import TestSupport
import Testing

let password = "correct horse battery staple"

/// The actions of people who use the pages and the shop.
extension Chromium {
    func openShop(_ cluster: Cluster, _ view: String = "products") async throws {
        try await open(cluster.url(.login, "/shop/#\(view)"))
        #expect(try await sees("document.querySelector('#view[aria-busy=false]')"))
    }

    /// Signs in on the sign-in page, and waits for the page that follows.
    func signIn(_ cluster: Cluster, _ name: String = "alice", next: String = "/account") async throws {
        try await open(cluster.url(.login, "/login?next=\(next)"))
        try await fill("#username", name)
        try await fill("#password", password)
        try await click("main button")
        #expect(try await sees("location.pathname === '\(next)'"))
    }

    func signUp(_ cluster: Cluster, _ name: String) async throws {
        try await open(cluster.url(.login, "/signup"))
        try await fill("#username", name)
        try await fill("#password", password)
        try await click("main button")
        #expect(try await sees("location.pathname === '/account'"))
    }

    /// Adds the first product to the basket and orders it.
    func order() async throws {
        #expect(try await sees("document.querySelectorAll('.products li').length === 12"))
        try await click(".products li:first-child button")
        try await click("#place")
        #expect(try await shows("Ordered for €34.90"))
    }

    func go(to view: String) async throws {
        try await click(".tabs a[href='#\(view)']")
        #expect(try await sees("location.hash === '#\(view)' && document.querySelector('#view[aria-busy=false]')"))
    }

    /// Whether the shop shows that nobody is signed in.
    func isSignedOut() async throws -> Bool {
        try await sees("document.querySelector('#account').textContent.includes('Sign in')")
    }

    /// The requests that the drawer lists, newest first, as `200 orders GET /orders?limit=200`.
    func requests() async throws -> [String] {
        try await value(
            """
            [...document.querySelectorAll('#inside tbody tr')].map((row) => {
              const [service, request, status] = [...row.cells].map((cell) => cell.firstChild.textContent);
              return `${status} ${service} ${request}`;
            })
            """)
    }
}

extension Chromium {
    /// Presses the tab key until the element with this text has the focus.
    func tab(to text: String, backwards: Bool = false) async throws {
        let focused = "document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"
        for _ in 1...60 {
            if try await value(focused) == text { return }
            try await press(Key.tab, withShift: backwards)
        }
        Issue.record("The focus does not reach \(text).")
    }

    /// The first window other than `window`.
    func otherWindow(than window: String) async throws -> String {
        try #require(try await windows.first { $0 != window })
    }
}

import Foundation
import TestSupport
import Testing

let password = "correct horse battery staple"

/// What people do in a browser, in single words.
extension Chromium {
    func openShop(_ cluster: Cluster, _ view: String = "products") async throws {
        try await open(cluster.url(.login, "/shop/#\(view)"))
        #expect(try await sees("document.querySelector('#view[aria-busy=false]')"))
    }

    /// Signs in on the page for it, and waits for where that leads.
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

    /// Puts the first product into the basket and orders it.
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

    /// Whether the shop says that nobody is signed in.
    func isOut() async throws -> Bool {
        try await sees("document.querySelector('#who').textContent.includes('Sign in')")
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
    /// Goes on with the tabulator until the focus is on what has this text.
    func tab(to text: String, backwards: Bool = false) async throws {
        let focused = "document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"
        for _ in 1...60 {
            if try await value(focused) == text { return }
            try await press(Key.tab, withShift: backwards)
        }
        Issue.record("The focus does not come to \(text).")
    }

    /// A window that is not `window`.
    func otherWindow(than window: String) async throws -> String {
        try #require(try await windows.first { $0 != window })
    }
}

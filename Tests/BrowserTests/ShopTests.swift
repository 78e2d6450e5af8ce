import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ServiceName.exist(ServiceName.shop)))
struct `The shop in a browser` {
    @Test func `a new customer signs up, orders, reads the message, opens the receipt and cancels`() async throws {
        try await withCluster { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.signUp(cluster, "carol")
                #expect(try await browser.text().contains("Chrome on Linux"))
                try await browser.openShop(cluster)
                try await browser.order()

                try await browser.go(to: "orders")
                #expect(try await browser.shows("1 × Desk lamp"))
                try await browser.click(".cards .actions button:first-child")
                #expect(try await browser.sees("document.querySelector('.cards a[href*=token]')"))
                let receipt: String = try await browser.value("document.querySelector('.cards a[href*=token]').href")
                let shop = try await browser.openWindow()
                try await browser.open(receipt)
                #expect(try await browser.text("h1") == "Receipt")
                try await browser.open(receipt)
                #expect(try await browser.text().contains("not valid here"))
                try await browser.enter(shop)

                try await browser.click(".cards .actions button:last-child")
                #expect(try await browser.shows("cancelled"))
                let hasMessage = try await eventually {
                    try await browser.openShop(cluster, "messages")
                    return try await browser.text().contains("Your order is placed")
                }
                #expect(hasMessage)
            }
        }
    }

    @Test func `a sign-out in one window signs out the other window`() async throws {
        try await withCluster { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster, next: "/shop/")
                let first = try await browser.openWindow()
                try await browser.openShop(cluster, "orders")
                #expect(try await browser.shows("You have no orders yet."))
                try await browser.enter(first)
                try await browser.click("#sign-out")
                #expect(try await browser.isSignedOut())
                try await browser.enter(try await browser.otherWindow(than: first))
                #expect(try await browser.isSignedOut())
                #expect(try await browser.shows("Sign in to see this"))

                // The same with the sign-out on the account page.
                try await browser.signIn(cluster, next: "/shop/")
                let second = try await browser.window
                try await browser.enter(first)
                try await browser.open(cluster.url(.login, "/account"))
                try await browser.click("header button")
                #expect(try await browser.shows("You are signed out."))
                try await browser.enter(second)
                #expect(try await browser.isSignedOut())
            }
        }
    }

    @Test func `a session that another browser ends is over at the next click`() async throws {
        try await withCluster { cluster in
            try await withBrowser(in: cluster) { shop in
                try await shop.signIn(cluster, next: "/shop/")
                try await shop.order()
                try await withBrowser(in: cluster) { other in
                    try await other.signIn(cluster)
                    #expect(try await other.text("#sessions + ul").contains("this browser"))
                    try await other.click(".sessions li:last-child button")
                    #expect(try await other.shows("The session is ended."))
                    #expect(try await other.value("document.querySelectorAll('.sessions li').length") == 1)
                }
                try await shop.go(to: "orders")
                #expect(try await shop.isSignedOut())
                #expect(try await !shop.text().contains("Desk lamp"))
            }
        }
    }

    @Test func `an expired pass is renewed silently, and two windows do not disturb each other`() async throws {
        try await withCluster(environment: ["ACCESS_TOKEN_TTL": "3"]) { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster, next: "/shop/")
                _ = try await browser.openWindow()
                try await browser.openShop(cluster)
                for _ in 1...2 {
                    let isExpired = "document.querySelector('#countdown').textContent.startsWith('expired')"
                    #expect(try await browser.sees(isExpired))
                    try await browser.go(to: "orders")
                    #expect(try await browser.shows("You have no orders yet."))
                    try await browser.go(to: "products")
                    let tokens = try await browser.requests().filter { $0.contains("/session/token") }
                    #expect(tokens.count >= 2 && tokens.allSatisfy { $0.hasPrefix("200 ") })
                    #expect(try await browser.requests().allSatisfy { $0.hasPrefix("200 ") })
                    #expect(try await browser.value("document.querySelector('#failure').hidden"))
                    try await browser.enter(try await browser.otherWindow(than: browser.window))
                }
            }
        }
    }

    @Test func `the shop works without login until the pass expires, and then shows a clear message`()
        async throws
    {
        try await withCluster(environment: ["ACCESS_TOKEN_TTL": "15"]) { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster, next: "/shop/")
                #expect(try await browser.sees("document.querySelectorAll('.products li').length === 12"))
                try await cluster.kill(.login)
                try await browser.order()
                try await browser.go(to: "orders")
                #expect(try await browser.shows("1 × Desk lamp"))
                #expect(
                    try await browser.sees("document.querySelector('#countdown').textContent.startsWith('expired')"))
                try await browser.go(to: "products")
                #expect(try await browser.shows("Oak chair"))
                try await browser.click(".tabs a[href='#orders']")
                #expect(try await browser.shows("Your pass has expired, and it cannot be renewed now."))
                #expect(try await browser.text("#failure").contains("The login service does not respond"))
                try await cluster.start(.login, environment: ["ACCESS_TOKEN_TTL": "15"])
                try await browser.click("#failure button")
                #expect(try await browser.shows("1 × Desk lamp"))
            }
        }
    }

    @Test func `the drawer decodes the pass and shows why each invalid pass is rejected`() async throws {
        try await withCluster { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster, next: "/shop/")
                try await browser.click("#drawer summary")
                #expect(try await browser.shows("the services that accept it"))
                #expect(try await browser.text("#inside").contains("orders:read orders:write inbox:read"))
                for (index, reason) in ["a different one", "holder of the key", "does not choose", "a moment ago"]
                    .enumerated()
                {
                    try await browser.click("#attempts button:nth-child(\(index + 1))")
                    #expect(
                        try await browser.sees("document.querySelector('#result').textContent.includes('\(reason)')"))
                    #expect(try await browser.text("#result").hasPrefix("401:"))
                    #expect(try await browser.text("#result").contains("error=\"invalid_token\""))
                }
                #expect(try await browser.text("#result").contains("The token has expired."))
                #expect(try await browser.requests().contains("401 orders GET /orders"))
            }
        }
    }

    @Test func `the sign-in and the shop work with the keyboard alone`() async throws {
        try await withCluster { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.open(cluster.url(.login, "/login?next=/shop/"))
                try await browser.press(Chromium.Key.tab)
                #expect(try await browser.value("document.activeElement.textContent") == "Skip to the content")
                try await browser.press(Chromium.Key.enter + Chromium.Key.tab + "alice" + Chromium.Key.tab)
                try await browser.press(password + Chromium.Key.enter)
                #expect(try await browser.sees("document.querySelectorAll('.products li').length === 12"))
                try await browser.tab(to: "Add Desk lamp to the basket")
                try await browser.press(Chromium.Key.enter)
                #expect(try await browser.shows("Desk lamp is in the basket"))
                try await browser.tab(to: "Place the order", backwards: true)
                try await browser.press(Chromium.Key.enter)
                #expect(try await browser.shows("Ordered for €34.90"))
                try await browser.run("document.activeElement.blur()")
                try await browser.tab(to: "My orders")
                try await browser.press(Chromium.Key.enter)
                #expect(try await browser.shows("1 × Desk lamp"))
                #expect(try await browser.value("document.activeElement.id") == "heading")
            }
        }
    }

    @Test func `the pages of login work without scripts`() async throws {
        try await withCluster { cluster in
            try await withBrowser(in: cluster, runsScripts: false) { browser in
                try await browser.signUp(cluster, "dave")
                try await browser.open(cluster.url(.login, "/shop/"))
                #expect(try await browser.text("main").contains("needs JavaScript"))
                try await browser.open(cluster.url(.login, "/account/password"))
                try await browser.fill("#current_password", "a wrong password")
                try await browser.fill("#new_password", "quite another one")
                try await browser.click("main button")
                #expect(try await browser.text("#current_password-error") == "The password is wrong.")
                try await browser.fill("#current_password", password)
                try await browser.fill("#new_password", "quite another one")
                try await browser.click("main button")
                #expect(try await browser.shows("Your password is changed"))
                try await browser.fill("#username", "dave")
                try await browser.fill("#password", "quite another one")
                try await browser.click("main button")
                #expect(try await browser.shows("Where you are signed in"))
                try await browser.open(cluster.url(.login, "/account/delete"))
                try await browser.fill("#password", "quite another one")
                try await browser.click("main button")
                #expect(try await browser.shows("Your account is deleted."))
            }
        }
    }
}

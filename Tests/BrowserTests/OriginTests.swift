import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ServiceName.exist(ServiceName.shop)))
struct `Pages of another origin` {
    private static let loginFolder = Cluster.project.appending(path: "Services/Login")

    /// Serves the shop on a port.
    private func serveShop(_ cluster: Cluster, at port: Int) async throws {
        try await cluster.serve(
            ["config.json": addresses(cluster)], at: port,
            copying: [
                "": Self.loginFolder.appending(path: "Shop/ShopFiles"),
                "assets": Self.loginFolder.appending(path: "Resources/assets"),
            ])
    }

    private func addresses(_ cluster: Cluster) -> String {
        let pairs = ServiceName.standard.map { "\"\($0.rawValue)\": \"\(cluster.url($0))\"" }
        return "{\(pairs.joined(separator: ", "))}"
    }

    @Test func `the shop works on an allowed origin and on no other`() async throws {
        try await withCluster { cluster in
            let stranger = try await cluster.unusedPort()
            for port in [cluster.externalPort, stranger] { try await serveShop(cluster, at: port) }
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster)
                try await browser.open("http://localhost:\(cluster.externalPort)/")
                #expect(try await browser.sees("document.querySelector('#account').textContent.includes('alice')"))
                try await browser.order()
                try await browser.go(to: "orders")
                #expect(try await browser.shows("1 × Desk lamp"))
                try await browser.click("#drawer summary")
                try await browser.click("#attempts button")
                #expect(try await browser.shows("401: The token is not valid here."))
                #expect(try await browser.text("#result").contains("error=\"invalid_token\""))

                try await browser.open("http://localhost:\(stranger)/")
                #expect(try await browser.shows("The catalog does not respond"))
                #expect(try await !browser.text().contains("alice"))
                // On another site the browser does not send the cookie, whatever the services allow.
                try await browser.open("http://127.0.0.1:\(cluster.externalPort)/")
                #expect(try await browser.shows("The catalog does not respond"))
            }
        }
    }

    @Test(arguments: ["off", "on"])
    func `a forged form is rejected, with the token in a cookie and without`(cookie: String) async throws {
        try await withCluster(environment: ["TOKEN_COOKIE": cookie]) { cluster in
            let stranger = try await cluster.unusedPort()
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster, next: "/shop/")
                try await browser.order()
                try await browser.go(to: "orders")
                let order = try await browser.text(".cards .id")
                let targets = [
                    cluster.url(.login, "/account/sign-out-everywhere"), cluster.url(.login, "/logout?everywhere=true"),
                    cluster.url(.orders, "/orders/\(order)/cancel"),
                ]
                let forms = targets.map { "<form method=\"post\" action=\"\($0)\"><button>x</button></form>" }
                try await cluster.serve(
                    ["forged.html": "<!doctype html><title>x</title>\(forms.joined())"], at: stranger)
                // `localhost` is the same site, so its requests carry the cookies. `127.0.0.1` is another site.
                for host in ["localhost", "127.0.0.1"] {
                    for index in targets.indices {
                        try await browser.open("http://\(host):\(stranger)/forged.html")
                        try await browser.click("form:nth-of-type(\(index + 1)) button")
                        #expect(try await browser.sees("location.port !== '\(stranger)'"))
                        let status: Int = try await browser.value(
                            "performance.getEntriesByType('navigation')[0].responseStatus")
                        #expect([401, 403].contains(status), "\(targets[index]) from \(host)")
                    }
                }
                try await browser.openShop(cluster, "orders")
                #expect(try await browser.shows("placed"))
            }
        }
    }

    @Test func `the shop works with the token in a cookie, and no script has the token`() async throws {
        try await withCluster(environment: ["TOKEN_COOKIE": "on"]) { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster, next: "/shop/")
                try await browser.order()
                try await browser.click("#drawer summary")
                #expect(try await browser.shows("in a cookie that no script can read"))
                #expect(try await browser.value("document.cookie") == "")
                let response: String = try await browser.awaited(
                    "fetch('/session/token', { method: 'POST' }).then((response) => response.text())")
                #expect(response.contains("alice") && !response.contains("eyJ"))
                try await browser.click("#drawer summary")
                try await browser.click("#sign-out")
                #expect(try await browser.isSignedOut())
            }
        }
    }
}

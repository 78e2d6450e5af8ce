import Foundation
import TestSupport
import Testing

/// A person lets a registered client use the account, in a real browser with its policies.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ServiceName.exist(ServiceName.shop))) struct ConsentTests {
    /// The address of a request of the public client, which returns to a port where login listens: the browser shows that
    /// the redirect was not blocked.
    static func path(_ cluster: Cluster) -> String {
        let redirectURI = "http%3A%2F%2F127.0.0.1%3A\(cluster.port(.catalog))%2Fcallback"
        return
            "/authorize?response_type=code&client_id=demo-cli&redirect_uri=\(redirectURI)&state=s&scope=orders%3Aread"
            + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    }

    @Test(arguments: [true, false])
    func `a person signs in, allows an app with the keyboard, and returns to it`(runsScripts: Bool) async throws {
        try await withCluster(running: [.login, .catalog]) { cluster in
            try await withBrowser(in: cluster, runsScripts: runsScripts) { browser in
                try await browser.open(cluster.url(.login, Self.path(cluster)))
                #expect(try await browser.text().contains("Sign in"))
                try await browser.fill("#username", "alice")
                try await browser.fill("#password", password)
                try await browser.click("main button")
                #expect(
                    try await eventually {
                        let text = try await browser.text()
                        return text.contains("Allow Demo command line?") && text.contains("see your orders")
                    })
                // The first Tab leads to the link that skips to the content, the last one to the button Allow.
                try await browser.click("main h1")
                try await browser.press(Chromium.Key.tab + Chromium.Key.enter)
                #expect(
                    try await eventually {
                        try await browser.url.hasPrefix("http://127.0.0.1:\(cluster.port(.catalog))/callback?code=")
                    })
                let url = try await browser.url
                #expect(url.contains("&state=s&iss="))
            }
        }
    }

    @Test func `a person denies an app`() async throws {
        try await withCluster(running: [.login, .catalog]) { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster)
                try await browser.open(cluster.url(.login, Self.path(cluster)))
                try await browser.click("button[value=deny]")
                #expect(
                    try await eventually {
                        try await browser.url.contains("/callback?error=access_denied")
                    })
            }
        }
    }
}

import TestSupport
import Testing

/// A page of an attacker adds a note in the name of a person who is signed in (CSRF), in a real browser.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ServiceName.exist([.compare]))) struct ForgedNoteTests {
    /// A page that sends its form as soon as it is opened.
    private func page(forging path: String, of cluster: Cluster) -> String {
        """
        <!doctype html><title>You have won</title>
        <form method="post" action="\(cluster.url(.compare, path))"><input name="text" value="I was forged"></form>
        <script>document.forms[0].submit()</script>
        """
    }

    /// Opens a page of the attacker and returns the status of the response to its form.
    private func open(_ url: String, in browser: Chromium, _ cluster: Cluster) async throws -> Int {
        try await browser.open(url)
        #expect(try await browser.sees("location.port === '\(cluster.port(.compare))'"))
        return try await browser.value("performance.getEntriesByType('navigation')[0].responseStatus")
    }

    @Test(arguments: [("off", 201), ("on", 403)])
    func `a form of another origin adds a note only while the CSRF defence is off`(
        defence: String, status: Int
    ) async throws {
        let environment = Cluster.variablesForCompare.merging(["CSRF_DEFENCE": defence]) { $1 }
        try await withCluster(running: [.login, .compare], environment: environment) { cluster in
            let attacker = try await cluster.unusedPort()
            try await cluster.serve(["won.html": page(forging: "/session/notes", of: cluster)], at: attacker)
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster)
                // `127.0.0.1` is another site, so SameSite=Lax already keeps the cookie back.
                let otherSite = try await open("http://127.0.0.1:\(attacker)/won.html", in: browser, cluster)
                #expect(otherSite == 401)
                // Another port of `localhost` is another origin of the same site, where SameSite does not help.
                let sameSite = try await open("http://localhost:\(attacker)/won.html", in: browser, cluster)
                #expect(sameSite == status)
            }
            let notes = try await cluster.get(.compare, "/jwt/notes", token: cluster.token("alice")).text
            #expect(notes.contains("I was forged") == (defence == "off"))
        }
    }

    @Test func `a form of another origin has no effect where the token is in a header field`() async throws {
        try await withCluster(running: [.login, .compare], environment: Cluster.variablesForCompare) { cluster in
            let attacker = try await cluster.unusedPort()
            try await cluster.serve(["won.html": page(forging: "/jwt/notes", of: cluster)], at: attacker)
            try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster)
                let status = try await open("http://localhost:\(attacker)/won.html", in: browser, cluster)
                #expect(status == 401)
            }
        }
    }
}

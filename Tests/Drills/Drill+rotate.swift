import Foundation
import TestSupport

extension Drill {
    /// The secret is changed twice under load.
    static let rotate = Drill(
        "rotate", "While scripts/rotate-secret changes the secret twice at full load, no request is refused or fails."
    ) { form, report in
        try await withCluster(environment: form.choose([:], ["ACCESS_TOKEN_TTL": "20"])) { cluster in
            let before = try await cluster.signingKey()
            let tally = try await cluster.underLoad(clients: 8) {
                for rotation in 1...2 {
                    report.progress("rotation \(rotation)")
                    // Retiring takes a minute at least, since so long live the tokens with which services call each other.
                    let arguments = form.choose(["--retire-later"], [])
                    report.say(try await TestSupport.run(["scripts/rotate-secret"] + arguments, in: cluster.directory))
                }
                // The last of the old tokens are renewed, or refused if they were to be.
                try await Task.sleep(for: form.choose(.seconds(1), .seconds(15)))
            }
            report.figure("\(tally.count) requests (\(tally))")
            let refused = tally.count(401..<402)
            report.figure("\(refused) × 401")
            report.figure("\(tally.count(500..<600)) × 5xx")
            report.figure("\(tally.failures.count) without an response")
            report.require(tally.unexpected.isEmpty, "nobody is refused: \(tally.unexpected.prefix(5))")
            report.require(tally.count > form.choose(100, 1000), "there was load")
            let after = try await cluster.signingKey()
            report.require(after != before, "another key signs than before")
        }
    }
}

extension Cluster {
    /// The name of the key that login signs with at this moment, as the header of a token has it.
    fileprivate func signingKey() async throws -> String {
        struct Header: Decodable { let kid: String }
        let header = try await token("alice").prefix { $0 != "." }
        let base64 = header.replacing("-", with: "+").replacing("_", with: "/")
        let padded = base64.padding(toLength: (base64.count + 3) / 4 * 4, withPad: "=", startingAt: 0)
        return try JSONDecoder().decode(Header.self, from: Data(base64Encoded: padded) ?? Data()).kid
    }
}

import Foundation
import TestSupport

extension Drill {
    /// Changes the secret twice under load.
    static let rotate = Drill(
        "rotate",
        "While scripts/rotate-secret changes the secret twice under full load, no request is rejected or fails."
    ) { scale, report in
        try await withCluster(environment: scale.choose([:], ["ACCESS_TOKEN_TTL": "20"])) { cluster in
            let before = try await cluster.signingKey()
            let tally = try await cluster.underLoad(clients: 8) {
                for rotation in 1...2 {
                    report.progress("rotation \(rotation)")
                    // Retiring takes at least a minute, the lifetime of the tokens of services.
                    let arguments = scale.choose(["--retire-later"], [])
                    report.write(
                        try await TestSupport.run(["scripts/rotate-secret"] + arguments, in: cluster.directory))
                }
                // Customers renew the last old tokens in this time. If the rotation is wrong, services reject them.
                try await Task.sleep(for: scale.choose(.seconds(1), .seconds(15)))
            }
            report.figure("\(tally.count) requests (\(tally))")
            let rejected = tally.count(401..<402)
            report.figure("\(rejected) × 401")
            report.figure("\(tally.count(500..<600)) × 5xx")
            report.figure("\(tally.failures.count) without a response")
            report.require(tally.unexpected.isEmpty, "no request fails (\(tally.unexpected.prefix(5)))")
            report.require(tally.count > scale.choose(100, 1000), "there was load")
            let after = try await cluster.signingKey()
            report.require(after != before, "login signs with another key than before")
        }
    }
}

extension Cluster {
    /// The id of the key that login signs with, from the header of a new token.
    fileprivate func signingKey() async throws -> String {
        struct Header: Decodable { let kid: String }
        let header = try await token("alice").prefix { $0 != "." }
        let base64 = header.replacing("-", with: "+").replacing("_", with: "/")
        let padded = base64.padding(toLength: (base64.count + 3) / 4 * 4, withPad: "=", startingAt: 0)
        return try JSONDecoder().decode(Header.self, from: Data(base64Encoded: padded) ?? Data()).kid
    }
}

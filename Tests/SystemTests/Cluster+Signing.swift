import Foundation
import TestSupport

extension Cluster {
    /// Signs claims with the command `jwt`.
    ///
    /// - Parameters:
    ///   - claims: Claims as the option `--claim` takes them.
    ///   - keys: A key file, relative to the folder of the cluster.
    func sign(_ claims: [String], keys: String = "secrets/jwt.json") async throws -> String {
        let arguments = claims.flatMap { ["--claim", $0] }
        let output = try await run([".build/debug/jwt", "sign", "--keys", keys] + arguments, in: directory)
        return output.trimmingCharacters(in: .newlines)
    }
}

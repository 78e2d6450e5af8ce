import HTTPTypes
import JWT
import ServiceRuntime
import Testing

@testable import JWTAuth

@Suite struct RejectionTests {
    /// The metric label, the status and the code of each rejection. The labels are a contract with dashboards.
    static let cases: [(Rejection, reason: String, status: Int, code: String)] = [
        (.missingToken, "missing", 401, "missing_token"),
        (.otherRequest, "request", 401, "invalid_token"),
        (.revoked, "revoked", 401, "invalid_token"),
        (.usedLink, "spent", 401, "invalid_token"),
        (.revocationsUnknown, "stale", 503, "revocations_unknown"),
        (.missingScope("orders:read"), "scope", 403, "insufficient_scope"),
    ]

    @Test(arguments: cases.indices)
    func `a rejection has its metric label and its problem`(index: Int) {
        let (rejection, reason, status, code) = Self.cases[index]
        let problem = rejection.problem(BearerChallenge(realm: "orders"))
        #expect(rejection.reason == reason)
        #expect(problem.status.code == status)
        #expect(problem.code == code)
    }

    @Test func `the detail of a rejection for the log names the error or the scope`() {
        #expect(Rejection.missingScope("orders:read").detail == "orders:read")
        #expect(Rejection.revoked.detail == "-")
    }
}

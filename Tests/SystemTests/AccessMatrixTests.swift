import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop + [.compare]))) struct AccessMatrixTests {
    /// All services accept the tokens of login, also the one that does not run by default.
    private static let environment = ["TOKEN_AUDIENCES": ServiceName.allNames]

    @Test(.timeLimit(.minutes(5)), arguments: AccessMatrix.Transport.allCases)
    func `every operation accepts exactly the tokens and scopes that its description names`(
        transport: AccessMatrix.Transport
    ) async throws {
        let environment = transport.environment.merging(Self.environment) { $1 }
        try await withCluster(running: ServiceName.allCases, environment: environment) { cluster in
            let matrix = try await AccessMatrix(cluster, transport)
            let (count, differences) = try await matrix.run()
            #expect(differences == [])
            #expect(count > 500)
            print(
                "\(matrix.operations.count) operations, \(count) requests with the token in the \(transport.rawValue)")
        }
    }

    @Test func `an expectation of the matrix recognizes each response that contradicts it`() {
        typealias Expectation = AccessMatrix.Expectation
        let problem = #"{"code": "insufficient_scope", "scope": "a"}"#
        let challenge = #"Bearer realm="orders", error="insufficient_scope", scope="a""#
        let denied = ReceivedResponse(status: 403, headers: [.wwwAuthenticate: challenge], text: problem)
        let missing = ReceivedResponse(
            status: 401, headers: [.wwwAuthenticate: #"Bearer realm="orders""#], text: #"{"code": "missing_token"}"#)
        let found = ReceivedResponse(status: 200, headers: [:], text: "{}")
        let broken = ReceivedResponse(status: 500, headers: [:], text: "{}")
        let cases: [(Expectation, [ReceivedResponse], [ReceivedResponse])] = [
            (.accepted, [found], [denied, missing, broken]),
            (.forbidden(scope: "a"), [denied], [found, missing, broken]),
            (.forbidden(scope: "b"), [], [denied, found, missing, broken]),
            (.unauthorized(code: "missing_token"), [missing], [found, denied, broken]),
            (.unauthorized(code: "invalid_token"), [], [missing, found, denied, broken]),
            (.otherCredentials, [missing], [found, denied, broken]),
        ]
        for (expectation, right, wrong) in cases {
            for response in right { #expect(expectation.difference(from: response, realm: "orders") == nil) }
            for response in wrong { #expect(expectation.difference(from: response, realm: "orders") != nil) }
        }
        #expect(Expectation.forbidden(scope: "a").difference(from: denied, realm: "inbox") != nil)
    }
}

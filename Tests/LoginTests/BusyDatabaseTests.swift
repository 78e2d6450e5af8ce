import HTTPTypes
import ServiceRuntime
import TestSupport
import Testing

/// Requests while another process holds the lock of the database.
@Suite struct BusyDatabaseTests {
    @Test(.timeLimit(.minutes(1)))
    func `sign-ups during a lock of the database all get 503 by their own deadlines`() async throws {
        let folder = try TemporaryFolder()
        let database = try folder.databaseURL(.sqlite)
        try await LoginUnderTest.run(environment: ["DATABASE_URL": database], folder: folder) { login in
            let lock = try FileLock(of: folder.path("service.sqlite"))
            let responses = try await withThrowingTaskGroup(of: (timeout: String?, ReceivedResponse).self) { group in
                for number in 0...8 {
                    let timeout = number == 0 ? nil : "1000"
                    group.addTask { (timeout, try await Self.signUp("customer\(number)", timeout, at: login)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for (_, response) in responses {
                #expect(response.status == 503)
                #expect(response.code == "storage_unavailable")
                #expect(response.headers[.retryAfter] == "1")
            }
            // The one without a deadline waits for longer than all the others.
            #expect(responses.map { $0.timeout == nil } == Array(repeating: false, count: 8) + [true])
            let readiness = try await login.client.send(.get, "/readyz")
            #expect(readiness.status == 503)
            #expect(readiness.text.contains("unavailable: busy"))
            lock.release()
            #expect(try await login.client.send(.get, "/readyz").status == 200)
            #expect(try await Self.signUp("customer1", nil, at: login).status == 201)
        }
    }

    private static func signUp(
        _ name: String, _ timeout: String?, at login: LoginUnderTest
    ) async throws -> ReceivedResponse {
        var headers: HTTPFields = [:]
        headers[try #require(HTTPField.Name("X-Request-Timeout"))] = timeout
        return try await login.client.send(
            .post, "/signup", headers: headers, json: #"{"username":"\#(name)","password":"\#(goodPassword)"}"#)
    }
}

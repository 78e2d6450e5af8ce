import Database
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import TestSupport
import Testing

@testable import ServiceRuntime

/// Requests whose caller stops waiting.
@Suite(.timeLimit(.minutes(1))) struct RequestDeadlineTests {
    private static let soon: HTTPFields = [.requestTimeout: "200"]

    /// Sends a request to a handler over a socket.
    private func response(
        of handler: @escaping @Sendable () async throws -> String, headers: HTTPFields = soon, log: RecordedLog? = nil
    ) async throws -> ReceivedResponse {
        let (responses, continuation) = AsyncStream.makeStream(of: ReceivedResponse.self)
        try await EchoService.run(
            .live, log: log, addRoutes: { $0.post("slow") { _, _ in try await handler() } },
            { continuation.yield(try await $0.send(.post, "/slow", headers: headers, json: "{}")) })
        return try #require(await responses.first { _ in true })
    }

    @Test func `a handler that waits is cancelled when its caller stops waiting`() async throws {
        let log = RecordedLog()
        let response = try await response(
            of: {
                try await Task.sleep(for: .seconds(3000))
                return "late"
            }, log: log)
        #expect(response.status == 503)
        #expect(response.code == "request_timeout_passed")
        #expect(response.headers[.requestID] != nil)
        #expect(!log.lines.contains { $0.level >= .warning })
    }

    @Test func `a statement that runs stops when the caller stops waiting`() async throws {
        let folder = try TemporaryFolder()
        let database = try SQLDatabase.open(DatabaseURL("sqlite:\(folder.path("test.sqlite"))"), migrations: [])
        for isWrite in [false, true] {
            let endless: @Sendable (Connection) throws -> Void = {
                _ = try $0.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT sum(i) FROM n")
            }
            let response = try await response(of: {
                try await isWrite ? database.write(endless) : database.read(endless)
                return "late"
            })
            #expect(response.code == "request_timeout_passed")
        }
        // This waits for statements that still run.
        try database.close()
    }

    @Test func `a handler that goes on in spite of its cancellation responds`() async throws {
        let response = try await response(of: {
            while !Task.isCancelled { await Task.yield() }
            return "done"
        })
        #expect(response.text == "done")
    }

    @Test func `a handler that is fast enough is not cancelled`() async throws {
        let response = try await response(of: { "\(Task.isCancelled)" }, headers: [.requestTimeout: "600000"])
        #expect(response.text == "false")
    }

    @Test func `the error of a handler with a caller that still waits is the response`() async throws {
        let response = try await response(
            of: { throw Problem.conflict(code: "taken", "It is taken.") }, headers: [.requestTimeout: "600000"])
        #expect(response.code == "taken")
    }

    @Test(arguments: [nil, "0", "600001", "-1", "200ms", ""])
    func `a handler without a valid time of its caller is not cancelled`(text: String?) async throws {
        var headers = HTTPFields()
        headers[.requestTimeout] = text
        let response = try await response(
            of: { "\(RequestScope.current?.deadline == nil && !Task.isCancelled)" }, headers: headers)
        #expect(response.text == "true")
    }
}

import HTTPTypes
import Hummingbird
import Logging
import TestSupport
import Testing

@testable import Database
@testable import ServiceRuntime

@Suite struct ProblemTests {
    /// The response of a route that throws `error`.
    private func response(
        to error: any Error, log: RecordedLog? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ReceivedResponse {
        let (responses, continuation) = AsyncStream.makeStream(of: ReceivedResponse.self)
        try await EchoService.run(log: log, addRoutes: { $0.get("throw") { _, _ -> String in throw error } }) {
            client in
            continuation.yield(try await client.send(.get, "/throw", headers: [.requestID: "request-1"]))
        }
        return try #require(await responses.first { _ in true }, sourceLocation: sourceLocation)
    }

    @Test func `a problem has the members of RFC 9457, a code and the request id`() async throws {
        let response = try await response(to: Problem(.gone, code: "gone", detail: "It \"was\" here / once."))
        #expect(response.status == 410)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(
            response.text
                == #"{"code":"gone","detail":"It \"was\" here / once.","request_id":"request-1","status":410,"#
                + #""title":"Gone","type":"about:blank"}"#)
    }

    @Test func `a problem has its header fields and its additional members`() async throws {
        let problem = Problem(
            .conflict, code: "out_of_stock", detail: "Too few.", headers: [.retryAfter: "5", .requestID: "forged"],
            extensions: ["available": 3, "ids": ["a", "b"]])
        let response = try await response(to: problem)
        #expect(response.headers[.retryAfter] == "5")
        #expect(response.headers[.requestID] == "request-1")
        #expect(response.text.contains(#""available":3,"#))
        #expect(response.text.contains(#""ids":["a","b"],"#))
    }

    @Test func `an additional member cannot replace a member of every problem`() async throws {
        let reserved = ["type", "title", "status", "detail", "code", "request_id"]
        let problem = Problem(
            .conflict, code: "a", detail: "b",
            extensions: Dictionary(uniqueKeysWithValues: reserved.map { ($0, "forged") }))
        let response = try await response(to: problem)
        #expect(!response.text.contains("forged"))
    }

    @Test(arguments: [
        (Problem.badRequest("Why."), 400, "invalid_request", "Why."),
        (.notFound(), 404, "not_found", "There is nothing here."),
        (.notFound("No such order."), 404, "not_found", "No such order."),
        (.conflict(code: "busy", "Why."), 409, "busy", "Why."),
        (.unprocessable([.init("a", "is missing")]), 422, "invalid_fields", "a is missing."),
        (
            .unprocessable([.init("a", "is missing"), .init("", "The body is odd")]), 422, "invalid_fields",
            "a is missing; The body is odd."
        ),
        (.unavailable("Why."), 503, "unavailable", "Why."),
        (.unavailable(code: "storage", "Why.", retryAfter: 9), 503, "storage", "Why."),
    ])
    func `each kind of problem has its status, code and detail`(
        problem: Problem, status: Int, code: String, detail: String
    ) async throws {
        let response = try await response(to: problem)
        #expect(response.status == status)
        #expect(response.code == code)
        #expect(response["detail"] == detail)
    }

    @Test func `a problem with invalid fields lists them`() async throws {
        let fields = [
            Problem.InvalidField("items[0].quantity", "must be a whole number"), .init("", "The body is odd"),
        ]
        let response = try await response(to: Problem.unprocessable(fields))
        #expect(response.invalidFields == ["items[0].quantity", ""])
        #expect(response.text.contains(#"{"detail":"must be a whole number","field":"items[0].quantity"}"#))
    }

    @Test func `a cancelled request gets 503 with Retry-After, and the log has no error`() async throws {
        let log = RecordedLog()
        let response = try await response(to: CancellationError(), log: log)
        #expect(response.status == 503)
        #expect(response.code == "stopping")
        #expect(response.headers[.retryAfter] == "1")
        #expect(!log.lines.contains { $0.level >= .warning })
    }

    @Test func `a problem with 503 says when to try again`() async throws {
        #expect(try await response(to: Problem.unavailable("Why.")).headers[.retryAfter] == "1")
        #expect(try await response(to: Problem.unavailable("Why.", retryAfter: 9)).headers[.retryAfter] == "9")
    }

    @Test func `an unexpected error is a problem that does not state the cause, which the log states`() async throws {
        struct HunterError: Error {}
        let log = RecordedLog()
        let response = try await response(to: HunterError(), log: log)
        #expect(response.status == 500)
        #expect(response.code == "internal_error")
        #expect(!response.text.contains("Hunter"))
        let line = try #require(log.lines.first { $0.level == .error })
        #expect(line.message == "The request failed.")
        #expect(line.metadata["error"]?.contains("HunterError") == true)
        #expect(line.metadata["hb.request.id"] == "request-1")
    }

    @Test(arguments: [
        (HTTPError(.notFound), 404, "not_found", "There is nothing here."),
        (HTTPError(.notFound, message: "no route"), 404, "not_found", "There is nothing here."),
        (HTTPError(.badRequest, message: "Odd."), 400, "bad_request", "Odd."),
        (HTTPError(.contentTooLarge), 413, "content_too_large", "Content Too Large."),
    ])
    func `an error of Hummingbird is a problem, too`(
        error: HTTPError, status: Int, code: String, detail: String
    ) async throws {
        let response = try await response(to: error)
        #expect(response.status == status)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(response.code == code)
        #expect(response["detail"] == detail)
    }

    @Test func `an error with its own response keeps it`() async throws {
        struct TeapotError: HTTPResponseError {
            let status = HTTPResponse.Status(code: 418)

            func response(from request: Request, context: some RequestContext) throws -> Response {
                Response(status: status, body: .init(byteBuffer: .init(string: "teapot")))
            }
        }
        let response = try await response(to: TeapotError())
        #expect(response.status == 418)
        #expect(response.text == "teapot")
        #expect(response.headers[.requestID] == "request-1")
    }

    @Test(arguments: [
        (DatabaseError.Code.full, 507, "storage_full"), (.invalidValue, 422, "invalid_fields"),
        (.busy, 503, "storage_unavailable"), (.unavailable, 503, "storage_unavailable"),
        (.readOnly, 503, "storage_unavailable"), (.corrupt, 500, "internal_error"),
        (.uniqueConstraint, 500, "internal_error"), (.constraint, 500, "internal_error"),
        (.invalidStatement, 500, "internal_error"), (.invalidColumn, 500, "internal_error"),
        (.tooManyRows, 500, "internal_error"), (.migration, 500, "internal_error"),
        (.unknownOutcome, 503, "storage_outcome_unknown"), (.cancelled, 500, "internal_error"),
        (.invalidURL, 500, "internal_error"),
    ])
    func `an error of the database is a problem, and the log states those of the service`(
        code: DatabaseError.Code, status: Int, word: String
    ) async throws {
        let log = RecordedLog()
        let response = try await response(to: DatabaseError(code, "no such table: secret_table"), log: log)
        #expect(response.status == status)
        #expect(response.code == word)
        #expect(!response.text.contains("secret_table"))
        #expect(response.headers[.retryAfter] == (status == 503 ? "1" : nil))
        let errors = log.lines.filter { $0.level == .error }.map(\.message)
        #expect(errors == (status >= 500 ? ["\(code): no such table: secret_table"] : []))
    }
}

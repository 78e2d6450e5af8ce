import Foundation
import HTTPTypes
import Hummingbird
import ServiceRuntime
import Testing

@Suite struct PageRequestTests {
    private static let id = "0198f2b4-0000-7000-8000-000000000001"

    private func page(_ query: String) throws -> PageRequest {
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/orders\(query)")
        return try PageRequest(of: Request(head: head, body: RequestBody(buffer: .init())))
    }

    @Test(arguments: [
        ("", 50, nil), ("?limit=1", 1, nil), ("?limit=200", 200, nil), ("?after=\(id)", 50, id),
        ("?after=\(id)&limit=7&other=x", 7, id), ("?after=\(id.uppercased())", 50, id),
    ])
    func `a query may set the limit and the cursor of a page`(query: String, limit: Int, after: String?) throws {
        let page = try page(query)
        #expect(page.limit == limit)
        #expect(page.fetchLimit == limit + 1)
        #expect(page.after?.lowercase == after)
    }

    @Test(arguments: ["0", "201", "-1", "", "1.0", "1e2", "ten", "99999999999999999999", "%201"])
    func `an invalid limit is a problem that states the range`(text: String) throws {
        let problem = try #require(throws: Problem.self) { try page("?limit=\(text)") }
        #expect(problem.status == .unprocessableContent)
        #expect(problem.detail == "limit must be a whole number from 1 to 200.")
    }

    @Test(arguments: ["", "1", id.uppercased() + "A", "\(id)%20"])
    func `an invalid cursor is a problem that says where to find one`(text: String) throws {
        let problem = try #require(throws: Problem.self) { try page("?after=\(text)") }
        #expect(problem.status == .unprocessableContent)
        #expect(problem.detail == "after must be the value of `next` of an earlier page.")
    }

    @Test func `the bounds of a page select the ids on its side of the cursor`() throws {
        let ids = (1...5).map { "0198f2b4-0000-7000-8000-00000000000\($0)" }
        let first = PageRequest()
        #expect(ids.filter { $0 < first.newestFirstBound } == ids)
        #expect(ids.filter { $0 > first.oldestFirstBound } == ids)
        let later = PageRequest(after: UUID(lowercase: ids[2]))
        #expect(ids.filter { $0 < later.newestFirstBound } == Array(ids[..<2]))
        #expect(ids.filter { $0 > later.oldestFirstBound } == Array(ids[3...]))
        #expect("ffffffff-ffff-ffff-ffff-ffffffffffff" < first.newestFirstBound)
    }

    @Test(arguments: [(0, 0, nil), (1, 1, nil), (2, 2, nil), (3, 2, 1)])
    func `a page has a next cursor only if there are more rows than its limit`(
        rows: Int, count: Int, last: Int?
    ) throws {
        let ids = (0..<rows).map { _ in UUID() }
        let page = PageRequest(limit: 2).cut(ids) { $0 }
        #expect(page.rows == Array(ids.prefix(count)))
        #expect(page.next == last.map { ids[$0].lowercase })
    }
}

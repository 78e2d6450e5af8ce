public import Foundation
public import Hummingbird

/// Which part of a list a request asks for: `?limit=&after=`.
public struct PageRequest: Sendable {
    /// How many rows to give, 1 to 200.
    public let limit: Int
    /// The row after which the page begins, or nil for the first page.
    public let after: UUID?

    /// A page of so many rows.
    public init(limit: Int = defaultLimit, after: UUID? = nil) {
        self.limit = limit
        self.after = after
    }

    /// Reads the page from the query of a request.
    ///
    /// - Throws: `Problem` with 422 that names the parameter that does not fit.
    public init(of request: Request) throws {
        limit = try request.uri.queryParameters["limit"].map(Self.limit) ?? Self.defaultLimit
        after = try request.uri.queryParameters["after"].map(Self.cursor)
    }

    /// For lists whose newest row comes first: the text that the ids of the page lie below. `g` lies above all ids.
    public var newestFirstBound: String { after?.lowercase ?? "g" }

    /// For lists whose oldest row comes first: the text that the ids of the page lie above.
    public var oldestFirstBound: String { after?.lowercase ?? "" }

    /// How many rows to ask the store for: one more than the page holds shows whether there is a next page.
    public var fetchLimit: Int { limit + 1 }

    /// Cuts the rows that the store gave to the page, with the cursor of the next one, which clients treat as opaque.
    public func cut<Row>(_ rows: [Row], id: (Row) -> UUID) -> (rows: [Row], next: String?) {
        guard rows.count > limit else { return (rows, nil) }
        return (Array(rows.prefix(limit)), id(rows[limit - 1]).lowercase)
    }

    /// How many rows a page has when the request does not say.
    public static let defaultLimit = 50
    private static let maxLimit = 200

    private static func limit(_ text: Substring) throws -> Int {
        guard let number = Int(text), (1...maxLimit).contains(number) else {
            throw Problem.unprocessable([.init("limit", "must be a whole number from 1 to \(maxLimit)")])
        }
        return number
    }

    private static func cursor(_ text: Substring) throws -> UUID {
        guard let id = UUID(lowercase: text) else {
            throw Problem.unprocessable([.init("after", "must be the `next` of an earlier page")])
        }
        return id
    }
}

extension Parameters {
    /// The path parameter `name` as an id.
    ///
    /// - Throws: `Problem` with 404 when it is none: no thing can have such an id.
    public func id(_ name: String = "id") throws -> UUID {
        guard let text = get(name), let id = UUID(lowercase: text) else { throw Problem.notFound() }
        return id
    }
}

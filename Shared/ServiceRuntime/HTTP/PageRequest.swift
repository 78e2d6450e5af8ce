public import Foundation
public import Hummingbird

/// The part of a list that a request asks for: `?limit=&after=`.
public struct PageRequest: Sendable {
    /// The maximum number of rows on the page, 1 to 200.
    public let limit: Int
    /// The id of the row after which the page begins; nil for the first page.
    public let after: UUID?

    /// Creates a request for a page.
    public init(limit: Int = defaultLimit, after: UUID? = nil) {
        self.limit = limit
        self.after = after
    }

    /// Reads the query of a request.
    ///
    /// - Throws: `Problem` with 422 that names the invalid parameter.
    public init(of request: Request) throws {
        let parameters = request.uri.queryParameters
        limit = try parameters["limit"].map(Self.limit) ?? Self.defaultLimit
        after = try parameters["after"].map(Self.cursor)
    }

    /// The upper bound for lists with the newest row first: all ids on the page are less. `g` is greater than every id.
    public var newestFirstBound: String { after?.lowercase ?? "g" }

    /// The lower bound for lists with the oldest row first: all ids on the page are greater.
    public var oldestFirstBound: String { after?.lowercase ?? "" }

    /// The number of rows to read from the database. One more row than the page holds shows that there is a next page.
    public var fetchLimit: Int { limit + 1 }

    /// Reduces the rows read from the database to those of the page.
    ///
    /// - Returns: The rows of the page, and the cursor of the next page if there is one. Clients treat the cursor as
    ///   opaque.
    public func cut<Row>(_ rows: [Row], id: (Row) -> UUID) -> (rows: [Row], next: String?) {
        guard rows.count > limit else { return (rows, nil) }
        return (Array(rows.prefix(limit)), id(rows[limit - 1]).lowercase)
    }

    /// The limit of a request without the parameter `limit`.
    public static let defaultLimit = 50
    private static let maximumLimit = 200

    private static func limit(_ text: Substring) throws -> Int {
        guard let number = Int(text), (1...maximumLimit).contains(number) else {
            throw Problem.unprocessable([.init("limit", "must be a whole number from 1 to \(maximumLimit)")])
        }
        return number
    }

    private static func cursor(_ text: Substring) throws -> UUID {
        guard let id = UUID(text: text) else {
            throw Problem.unprocessable([.init("after", "must be the value of `next` of an earlier page")])
        }
        return id
    }
}

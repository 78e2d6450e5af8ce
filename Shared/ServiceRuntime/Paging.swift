public import Foundation
public import Hummingbird

/// Which part of a list a request asks for: `?limit=&after=`.
public struct Page: Sendable {
    /// How many rows to give, 1 to 200; 50 when the request does not say.
    public let limit: Int
    /// The row after which the page begins, or nil for the first page.
    public let after: UUID?

    /// Reads the page from the query of a request.
    ///
    /// - Throws: `Problem` with 422 that names the parameter that does not fit.
    public init(of request: Request) throws {
        limit = try request.uri.queryParameters["limit"].map(Self.limit) ?? Self.defaultLimit
        after = try request.uri.queryParameters["after"].map(Self.cursor)
    }

    /// The value of `after` that leads to the page behind the row `id`. Clients treat it as opaque.
    public static func cursor(after id: UUID) -> String {
        id.lowercase
    }

    private static let defaultLimit = 50
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

import Foundation
import GRDB
import Hummingbird

/// The table of messages of inbox, read with GRDB.
struct MessageStore {
    private static let pageSize = 50

    private let pool: DatabasePool

    init(file: String) throws {
        pool = try DatabasePool(path: file)
    }

    /// The newest messages of an account, and one more if there are more than a page.
    func messages(of account: String) async throws -> [MessageRow] {
        try await pool.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT id, subject, body, created_at, read_at FROM messages
                    WHERE account = ? AND deleted_at IS NULL ORDER BY id DESC LIMIT ?
                    """)
            return try MessageRow.fetchAll(statement, arguments: [account, Self.pageSize + 1])
        }
    }
}

/// A row of the table of messages.
struct MessageRow: Codable, FetchableRecord {
    static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

    let id, subject, body: String
    let createdAt: Date
    let readAt: Date?

    static func databaseDateDecodingStrategy(for column: String) -> DatabaseDateDecodingStrategy {
        .millisecondsSince1970
    }
}

/// The response to `GET /messages`.
struct MessageList: ResponseEncodable {
    struct Message: Encodable {
        let id, subject, body: String
        let created_at: Date
        let read: Bool
    }

    private static let pageSize = 50

    let messages: [Message]
    let next: String?

    init(_ rows: [MessageRow]) {
        messages = rows.prefix(Self.pageSize).map {
            Message(
                id: $0.id, subject: $0.subject, body: $0.body, created_at: $0.createdAt, read: $0.readAt != nil)
        }
        next = rows.count > Self.pageSize ? messages.last?.id : nil
    }
}

extension MessageList {
    /// The messages that `Benchmarks/http.py` stores.
    static let fixed = MessageList([
        MessageRow(
            id: "019aa5e0-7b3c-7d21-9f04-3c5a8e1b6d02", subject: "Order placed", body: "2 lamps, 1 chair",
            createdAt: Date(timeIntervalSince1970: 1_763_717_400.123), readAt: nil),
        MessageRow(
            id: "019aa5d1-02f8-7a64-8c1e-b7d94f20a5e3", subject: "Welcome", body: "Good to have you",
            createdAt: Date(timeIntervalSince1970: 1_763_716_380.456),
            readAt: Date(timeIntervalSince1970: 1_763_716_400)),
    ])
}

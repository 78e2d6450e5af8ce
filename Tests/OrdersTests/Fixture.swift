import Configuration
import Database
import Foundation
import Hummingbird
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

/// The service under test with its peers, on real sockets and a database file of its own.
struct Fixture {
    let clock = TestClock()
    let alice = UUID()
    let bob = UUID()
    let peers: Peers
    private let folder: TemporaryFolder

    private var mint: TokenMint { TokenMint(clock) }

    init(_ peers: Peers = Peers()) throws {
        self.peers = peers
        folder = try TemporaryFolder()
    }

    private var database: String { folder.path("orders.sqlite") }

    func token(_ account: UUID, scope: String = "orders:read orders:write") throws -> String {
        try mint.user(account, audience: "orders", scope: scope)
    }

    /// Runs the service; without `peersPort` beside its peers, otherwise against that port.
    func run(peersPort: Int? = nil, _ body: @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        try await peers.application().test(.live) { peersClient in
            let url = "http://127.0.0.1:\(peersPort ?? peersClient.port ?? 0)"
            let environment = TokenMint.environment.merging([
                "DATABASE_URL": "sqlite:\(database)", "CATALOG_URL": url, "INBOX_URL": url, "TOKEN_COOKIE": "on",
            ]) { $1 }
            let orders = try await Orders.buildApplication(
                reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment)),
                clock: clock.clock)
            try await orders.test(.live) { try await body($0) }
        }
    }

    /// The rows of a query on the database file.
    func rows(_ sql: String) async throws -> [Row] {
        let database = try SQLDatabase.open(DatabaseURL("sqlite:\(database)"), migrations: Schema.migrations)
        defer { try? database.close() }
        return try await database.read { try $0.query(sql) }
    }

    /// The status of every order on the database file.
    func statuses() async throws -> [String] {
        try await rows("SELECT status FROM orders").map { try $0["status"] }
    }

    /// Writes a pending order down, as a request does that then crashes.
    func leavePending(_ id: UUID, key: String) async throws {
        let database = try SQLDatabase.open(DatabaseURL("sqlite:\(database)"), migrations: Schema.migrations)
        defer { try? database.close() }
        _ = try await OrderStore(database: database).open(
            id, Basket(lines: []), of: alice.lowercase, key: key, at: clock.now,
            leaseUntil: clock.now.addingTimeInterval(6))
    }

    /// Places an order of `quantity` mugs.
    func place(
        _ client: any TestClientProtocol, quantity: Int = 2, product: UUID = UUID(), key: String? = nil
    ) async throws -> ReceivedResponse {
        try await client.send(
            .post, "/orders", token: token(alice), headers: key.map { [.idempotencyKey: $0] } ?? [:],
            json: #"{"items":[{"product_id":"\#(product.lowercase)","quantity":\#(quantity)}]}"#)
    }
}

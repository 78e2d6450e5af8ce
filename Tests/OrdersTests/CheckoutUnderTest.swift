import CurlClient
import Database
import Foundation
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport

@testable import OrdersService

/// The checkout and the outbox without their server, so the test decides when the outbox sweeps.
struct CheckoutUnderTest: Sendable {
    let stub: StubServices
    private let url: String
    private let folder: TemporaryFolder
    let clock: TestClock
    let store: OrderStore
    let outbox: Outbox
    let checkout: Checkout

    /// Runs the stub and calls `body` with a checkout that calls it.
    static func run(
        beside stub: StubServices = StubServices(), _ body: @Sendable (Self) async throws -> Void
    ) async throws {
        try await stub.run { url in
            try await body(Self(stub, url: url, clock: TestClock(), folder: TemporaryFolder()))
        }
    }

    /// A checkout on the same database, as a second process of orders has it.
    func secondProcess() throws -> Self {
        try Self(stub, url: url, clock: clock, folder: folder)
    }

    /// A checkout on the same database that looks for inbox at another address.
    func process(inboxURL: String) throws -> Self {
        try Self(stub, url: url, inboxURL: inboxURL, clock: clock, folder: folder)
    }

    private init(
        _ stub: StubServices, url: String, inboxURL: String? = nil, clock: TestClock, folder: TemporaryFolder
    ) throws {
        self.stub = stub
        self.url = url
        self.clock = clock
        self.folder = folder
        let key = try Key(secret: Array(TokenMint.secret.utf8))
        let tokens = ServiceTokenIssuer(issuer: "orders", keys: KeySource(KeySet(key)), clock: clock.clock)
        let http = HTTPClient.betweenServices(deadline: Checkout.callDeadline)
        let catalog = CatalogClient(ServiceClient("catalog", at: url, http: http, tokens: tokens))
        let inbox = InboxClient(ServiceClient("inbox", at: inboxURL ?? url, http: http, tokens: tokens))
        store = OrderStore(
            database: try SQLDatabase.open(DatabaseURL(folder.databaseURL), migrations: Schema.migrations))
        let leases = OrderLeases(clock: clock.clock.steady)
        outbox = Outbox(store: store, catalog: catalog, inbox: inbox, leases: leases, clock: clock.clock)
        checkout = Checkout(store: store, catalog: catalog, outbox: outbox, leases: leases, clock: clock.clock)
    }

    /// Places an order of two pieces of one product.
    func place(_ product: UUID = UUID(), key: String? = nil) async throws -> CheckoutResult {
        try await checkout.place(
            Basket(lines: [.init(productID: product, quantity: 2)]), for: alice.lowercase, key: key)
    }

    /// The rows of a query.
    func rows(_ sql: String) async throws -> [Row] {
        try await store.database.read { try $0.query(sql) }
    }

    /// The entries of the outbox: how often each was tried, and in how many seconds it is due.
    func entries() async throws -> [(kind: String, attempts: Int, dueInSeconds: Double)] {
        try await rows("SELECT kind, attempts, next_attempt_at FROM outbox ORDER BY created_at, id").map { row in
            let due: Int = try row["next_attempt_at"]
            return (
                try row["kind"], try row["attempts"],
                Date(milliseconds: due).timeIntervalSince(clock.now)
            )
        }
    }
}

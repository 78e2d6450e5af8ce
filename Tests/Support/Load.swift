import HTTPTypes
import Synchronization

/// What came of the requests of a load.
public struct Tally: Sendable, CustomStringConvertible {
    /// How many answers there were, by what was asked for and the status.
    public private(set) var answers: [String: [Int: Int]] = [:]
    /// The requests that got no answer, each in a sentence.
    public private(set) var failures: [String] = []
    /// How long the answered requests took, in the order of their ends.
    public private(set) var durations: [Duration] = []

    /// How many requests there were.
    public var count: Int { durations.count + failures.count }

    /// How many answers had one of `statuses`, whatever was asked for.
    public func count(_ statuses: Range<Int>) -> Int {
        answers.values.joined().reduce(0) { statuses.contains($1.key) ? $0 + $1.value : $0 }
    }

    /// What was not answered with success, in words; empty when everything was.
    public var unexpected: [String] {
        let bad = answers.flatMap { what, statuses in
            statuses.filter { !(200..<300).contains($0.key) }.map { "\(what): \($0.key) × \($0.value)" }
        }
        return bad.sorted() + failures
    }

    /// The answers by what was asked for, in one line.
    public var description: String {
        let parts = answers.sorted { $0.key < $1.key }.map { what, statuses in
            "\(what) " + statuses.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }.joined(separator: ", ")
        }
        return (parts + (failures.isEmpty ? [] : ["no response × \(failures.count)"])).joined(separator: "; ")
    }

    /// Notes an answer.
    public mutating func add(_ what: String, status: Int, after duration: Duration) {
        answers[what, default: [:]][status, default: 0] += 1
        durations.append(duration)
    }

    /// Notes a request that got no answer.
    public mutating func add(failure: String) {
        failures.append(failure)
    }
}

/// Keeps `clients` requests under way while `body` runs, and returns what came of them.
///
/// - Parameters:
///   - clients: How many requests are under way at a time; each client makes the next one when it has an answer.
///   - request: Makes a request of the client with this number, and returns what it asked for and the status.
public func underLoad(
    clients: Int, request: @escaping @Sendable (Int) async throws -> (what: String, status: Int),
    while body: () async throws -> Void
) async throws -> Tally {
    let run = LoadRun(request: request)
    try await withThrowingDiscardingTaskGroup { group in
        for client in 0..<clients { group.addTask { try await run.repeatRequests(of: client) } }
        defer { run.end() }
        try await body()
    }
    return run.tally
}

/// The requests of a load, and what came of them so far.
private final class LoadRun: Sendable {
    private struct State {
        var tally = Tally()
        var isOver = false
    }

    private let request: @Sendable (Int) async throws -> (what: String, status: Int)
    private let state = Mutex(State())

    /// How long a client waits after a request that got no answer: a service that is away refuses fast, and a load that only
    /// counts that helps nobody.
    private static let pause = Duration.milliseconds(10)

    init(request: @escaping @Sendable (Int) async throws -> (what: String, status: Int)) {
        self.request = request
    }

    var tally: Tally { state.withLock { $0.tally } }

    func end() {
        state.withLock { $0.isOver = true }
    }

    func repeatRequests(of client: Int) async throws {
        while !state.withLock({ $0.isOver }) {
            let start = ContinuousClock.now
            do {
                let (what, status) = try await request(client)
                state.withLock { $0.tally.add(what, status: status, after: .now - start) }
            } catch {
                state.withLock { $0.tally.add(failure: "\(error)") }
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}

/// A customer who goes from service to service, and renews the access token before it expires.
public actor Shopper {
    private let cluster: Cluster
    private let visits: [Visit]
    private var grant: Grant
    private var renewAt: ContinuousClock.Instant
    private var lastOrder: String?
    private var visit = 0

    private enum Visit {
        case products, orders, messages, order, cancel, me
    }

    /// A customer of the services that are named.
    public init(_ name: String, of cluster: Cluster, at services: Set<ServiceName> = Set(ServiceName.allCases))
        async throws
    {
        self.cluster = cluster
        visits =
            (services.contains(.catalog) ? [.products] : [])
            + (services.contains(.orders) ? [.orders] : []) + (services.contains(.inbox) ? [.messages] : [])
            + (services.isSuperset(of: [.orders, .catalog]) ? [.order, .cancel] : [])
            + (services.contains(.login) ? [.me] : [])
        grant = try await cluster.signIn(name).decoded()
        renewAt = .now + .seconds(grant.expiresIn) / 2
    }

    /// Makes the next request, and returns what it asked for and the status.
    public func next() async throws -> (what: String, status: Int) {
        if .now >= renewAt {
            let response = try await cluster.renew(grant.refreshToken)
            guard response.status == 200 else { return ("renewal", response.status) }
            grant = try response.decoded()
            renewAt = .now + .seconds(grant.expiresIn) / 2
        }
        defer { visit += 1 }
        let token = grant.accessToken
        switch visits[visit % visits.count] {
        case .products: return ("products", try await cluster.get(.catalog, "/products").status)
        case .orders: return ("orders", try await cluster.get(.orders, "/orders?limit=5", token: token).status)
        case .messages: return ("messages", try await cluster.get(.inbox, "/messages?limit=5", token: token).status)
        case .me: return ("me", try await cluster.get(.login, "/me", token: token).status)
        case .order:
            let response = try await cluster.order(token: token)
            lastOrder = response.status == 201 ? try response.decoded(as: Order.self).id : nil
            return ("checkout", response.status)
        case .cancel:
            guard let order = lastOrder else {
                return ("products", try await cluster.get(.catalog, "/products").status)
            }
            return ("cancel", try await cluster.send(.post, .orders, "/orders/\(order)/cancel", token: token).status)
        }
    }
}

extension Cluster {
    /// Keeps customers shopping while `body` runs, and returns what came of their requests.
    public func underLoad(
        clients: Int = 4, at services: Set<ServiceName> = Set(ServiceName.allCases), while body: () async throws -> Void
    ) async throws -> Tally {
        var shoppers: [Shopper] = []
        for client in 0..<clients {
            shoppers.append(try await Shopper(["alice", "bob"][client % 2], of: self, at: services))
        }
        let everyone = shoppers
        return try await TestSupport.underLoad(
            clients: clients, request: { try await everyone[$0].next() }, while: body)
    }
}

/// What a user does. The weights are those of a shop whose users stay signed in: most requests read.
enum Operation: String, CaseIterable {
    case browse, readMessages = "read messages", readOrders = "read orders", order, refresh, signIn = "sign in"
    /// A request of the orchestrator, which restarts a service that does not respond.
    case checkHealth = "check health"

    /// Of 1,000 requests, the number of this kind.
    var weight: Int {
        switch self {
        case .browse: 590
        case .readMessages: 180
        case .readOrders: 150
        case .order: 49
        case .refresh: 20
        case .signIn: 1
        case .checkHealth: 10
        }
    }

    /// The operations of 1,000 requests in a row, well mixed. The order is the same in each run.
    private static let sequence: [Operation] = {
        let all = allCases.flatMap { Array(repeating: $0, count: $0.weight) }
        // A step without a common divisor visits every index once.
        return all.indices.map { all[$0 * 389 % all.count] }
    }()

    /// The operation of the request with a number.
    static func number(_ number: Int) -> Operation {
        sequence[number % sequence.count]
    }
}

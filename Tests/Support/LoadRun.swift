import Synchronization

/// Makes requests until `body` returns, and returns their results.
///
/// - Parameters:
///   - clients: The number of concurrent requests. Each client sends its next request when it has a response.
///   - request: Sends a request of the client with this number, and returns a label for it and the status.
public func underLoad(
    clients: Int, request: @escaping @Sendable (Int) async throws -> (label: String, status: Int),
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

/// Repeats requests until `end` is called, and counts their results.
private final class LoadRun: Sendable {
    private struct State {
        var tally = Tally()
        var hasEnded = false
    }

    private let request: @Sendable (Int) async throws -> (label: String, status: Int)
    private let state = Mutex(State())

    /// How long a client waits after a request without a response. A stopped service refuses connections at once, and
    /// a load of refused connections would only slow the machine down.
    private static let pause = Duration.milliseconds(10)

    init(request: @escaping @Sendable (Int) async throws -> (label: String, status: Int)) {
        self.request = request
    }

    var tally: Tally { state.withLock { $0.tally } }

    func end() {
        state.withLock { $0.hasEnded = true }
    }

    func repeatRequests(of client: Int) async throws {
        while !state.withLock({ $0.hasEnded }) {
            let start = ContinuousClock.now
            do {
                let (label, status) = try await request(client)
                state.withLock { $0.tally.add(label, status: status, after: .now - start) }
            } catch {
                state.withLock { $0.tally.add(failure: "\(error)") }
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}

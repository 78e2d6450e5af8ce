import Synchronization

/// The connection on which a client waits for a response.
///
/// A request that waits for something else, such as a free thread, should not wait any longer when its client has gone.
public final class ClientConnection: Sendable {
    /// The connection of the request that the current task handles; nil without a socket.
    @TaskLocal public static var current: ClientConnection?

    private struct State {
        var isClosed = false
        var nextID = 0
        var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Runs `work`, and cancels it when the client of the current request closes its side of the connection.
    ///
    /// A client that only closes its sending side looks like one that has gone, so `work` should be a wait and nothing
    /// that any client must get done.
    ///
    /// - Throws: The error of `work`; `CancellationError` when the client has closed or the task is cancelled.
    public static func cancellingOnClose<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let connection = current else { return try await work() }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await connection.waitForClose()
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// Waits until the connection is closed or the task is cancelled.
    private func waitForClose() async {
        let (closing, continuation) = AsyncStream.makeStream(of: Void.self)
        let id: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.nextID += 1
            state.waiting[state.nextID] = continuation
            return state.nextID
        }
        guard let id else { return }
        for await _ in closing {}
        state.withLock { _ = $0.waiting.removeValue(forKey: id) }
    }

    /// Notes that the client has closed its side.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.finish() }
    }
}

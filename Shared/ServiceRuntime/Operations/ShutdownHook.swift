public import ServiceLifecycle

/// An action that runs at the shutdown, such as closing a database. It runs after all services that were started later
/// have stopped.
public struct ShutdownHook: Service {
    private let action: @Sendable () async throws -> Void

    /// Creates a hook that runs `action` at the shutdown.
    public init(_ action: @escaping @Sendable () async throws -> Void) {
        self.action = action
    }

    /// Waits for the shutdown or for the cancellation of the task, then runs the action.
    public func run() async throws {
        try? await gracefulShutdown()
        try await action()
    }
}

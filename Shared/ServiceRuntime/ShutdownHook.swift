public import ServiceLifecycle

/// Does something when everything that was started after it has stopped: closes a database, ends a client.
public struct ShutdownHook: Service {
    private let action: @Sendable () async throws -> Void

    /// Does `action` at the shutdown.
    public init(_ action: @escaping @Sendable () async throws -> Void) {
        self.action = action
    }

    /// Waits for the shutdown, then acts.
    public func run() async throws {
        try? await gracefulShutdown()
        try await action()
    }
}

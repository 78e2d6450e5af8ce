/// The result of `body`, or nil if a sleep that begins at the same moment ends first. `body` is then cancelled.
///
/// Use it instead of a comparison of times: it only asks which of the two ends first.
public func result<Value: Sendable>(
    beforeSleepOf duration: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
            try? await Task.sleep(for: duration)
            return nil
        }
        group.addTask { try await body() }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}

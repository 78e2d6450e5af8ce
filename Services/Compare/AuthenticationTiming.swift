import Synchronization

/// The time that one request spends on authentication, and on calls of login as a part of it.
final class AuthenticationTiming: Sendable {
    /// The timing of the request that the current task handles.
    @TaskLocal static var current: AuthenticationTiming?

    private struct State {
        var authentication: Duration?
        var login = Duration.zero
        var calls = 0
    }

    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// Ends the authentication. Later calls change nothing.
    func end() {
        let duration = ContinuousClock.now - start
        state.withLock { $0.authentication = $0.authentication ?? duration }
    }

    /// Makes a call of login and adds its duration, whether it fails or not.
    func measureCall<Value>(_ call: () async throws -> Value) async throws -> Value {
        let start = ContinuousClock.now
        defer {
            let duration = ContinuousClock.now - start
            state.withLock { state in
                state.login += duration
                state.calls += 1
            }
        }
        return try await call()
    }

    /// The value of `Server-Timing` (W3C Server Timing): durations in milliseconds, and the number of calls.
    var field: String {
        let state = state.withLock { $0 }
        let authentication = Self.milliseconds(state.authentication ?? .zero)
        return "auth;dur=\(authentication), login;dur=\(Self.milliseconds(state.login));desc=\"\(state.calls)\""
    }

    /// A duration in milliseconds, with three decimals.
    private static func milliseconds(_ duration: Duration) -> String {
        let microseconds = max(0, Int(duration / .microseconds(1)))
        return "\(microseconds / 1000).\(String(1000 + microseconds % 1000).dropFirst())"
    }
}

extension AuthenticationTiming {
    /// Makes a call of login, as a part of the request that the current task handles.
    static func measuringCall<Value>(_ call: () async throws -> Value) async throws -> Value {
        guard let current else { return try await call() }
        return try await current.measureCall(call)
    }
}

import HTTPTypes
import Synchronization
import TestSupport

/// Begins and ends sessions, and records what login has acknowledged.
final class SessionLedger: Sendable {
    private struct State {
        var open: [TokenResponse] = []
        var ended: [TokenResponse] = []
        var isEnding = false
    }

    private let cluster: Cluster
    private let state = Mutex(State())

    /// How long the client waits after a request without a response of success.
    private static let pause = Duration.milliseconds(100)

    /// Begins a few sessions.
    init(of cluster: Cluster) async throws {
        self.cluster = cluster
        for _ in 0..<4 { _ = try await next() }
    }

    /// The sessions whose begin was acknowledged, and whose end was not requested.
    var open: [TokenResponse] { state.withLock { $0.open } }

    /// The sessions whose end was acknowledged.
    var ended: [TokenResponse] { state.withLock { $0.ended } }

    /// Begins and ends sessions in turn until `body` returns.
    func underLoad(while body: () async throws -> Void) async throws -> Tally {
        try await TestSupport.underLoad(clients: 1, request: { _ in try await self.next() }, while: body)
    }

    private func next() async throws -> (String, Int) {
        let ending = state.withLock { state -> TokenResponse? in
            guard state.open.count >= 4 else { return nil }
            state.isEnding.toggle()
            return state.isEnding ? state.open.removeFirst() : nil
        }
        let response =
            if let ending {
                try await cluster.send(.post, .login, "/logout", token: ending.accessToken)
            } else {
                try await cluster.signIn("bob")
            }
        switch (ending, response.status) {
        case (let ending?, 204): state.withLock { $0.ended.append(ending) }
        case (nil, 200):
            let tokens = try response.decoded(as: TokenResponse.self)
            state.withLock { $0.open.append(tokens) }
        default: try await Task.sleep(for: Self.pause)
        }
        return (ending == nil ? "sign-in" : "logout", response.status)
    }

    /// Requires that each acknowledged session continues, and that no service accepts a token of an ended one.
    func check(_ report: Report) async throws {
        let (open, ended) = (open, ended)
        report.figure("\(open.count + ended.count) sign-ins and \(ended.count) logouts acknowledged")
        try await cluster.waitForFeed()
        var (lost, revived) = (0, 0)
        for session in open where try await cluster.renew(session.refreshToken).status != 200 { lost += 1 }
        for session in ended {
            if try await cluster.renew(session.refreshToken).status == 200 { revived += 1 }
            if try await !isRejected(session.accessToken) { revived += 1 }
        }
        report.require(lost == 0, "no acknowledged session is lost (\(lost) are)")
        report.require(revived == 0, "no ended session and no revoked token works again (\(revived) do)")
    }

    /// Whether all services that follow the feed reject a token now.
    func isRejected(_ token: String) async throws -> Bool {
        for service in Cluster.followers where try await cluster.status(of: service, token: token) != 401 {
            return false
        }
        return true
    }
}

extension Cluster {
    /// The services that follow login's revocation feed.
    public static let followers: [ServiceName] = ServiceName.standard.filter { $0 != .login }

    /// Waits until all `followers` have contact with the feed.
    ///
    /// - Throws: `ClusterError` when one of them has none after half a minute.
    public func waitForFeed() async throws {
        for service in Self.followers {
            let hasContact = try await eventually {
                try await get(service, "/readyz").text.contains("degraded") == false
            }
            guard hasContact else { throw ClusterError("\(service.rawValue) has no contact with the feed") }
        }
    }

    /// Waits until a service rejects a token, and returns the time of the first rejection.
    ///
    /// - Parameter port: The port of one process of the service; nil for the port of the service.
    /// - Throws: `ClusterError` when the service still accepts the token after `timeout`.
    @discardableResult
    public func waitForRejection(
        of token: String, at service: ServiceName, port: Int? = nil, within timeout: Duration = .seconds(30)
    ) async throws -> ContinuousClock.Instant {
        let deadline = ContinuousClock.now + timeout
        while try await status(of: service, token: token, at: port) != 401 {
            guard .now < deadline else { throw ClusterError("\(service.rawValue) still accepts a revoked token") }
            try await Task.sleep(for: .milliseconds(1))
        }
        return .now
    }
}

import Synchronization

/// What a client knows about each origin.
final class OriginRegistry: Sendable {
    /// A client for arbitrary URLs must not collect origins without end.
    private static let maximumOrigins = 256

    private let origins = Mutex<[Target.Origin: OriginHealth]>([:])

    /// The health of an origin, which begins as healthy.
    func health(of origin: Target.Origin) -> OriginHealth {
        origins.withLock { origins in
            if let health = origins[origin] { return health }
            if origins.count >= Self.maximumOrigins { origins.removeAll() }
            let health = OriginHealth()
            origins[origin] = health
            return health
        }
    }
}

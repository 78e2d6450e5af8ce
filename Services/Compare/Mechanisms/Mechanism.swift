// Mechanisms: four ways to learn which account sends a request, each in one file. This is a separate folder because the
// routes of notes depend on the protocol `Mechanism` only.

import Hummingbird
import JWTAuth

/// A mechanism of authentication, under its own path.
protocol Mechanism: Sendable {
    associatedtype Context: CallerRequestContext
    /// The first segment of the paths behind the mechanism.
    static var path: String { get }
    /// The routes of `group`, with the caller of each request in the context. Requests without one are rejected.
    func protect(_ group: RouterGroup<AppRequestContext>) -> RouterGroup<Context>
}

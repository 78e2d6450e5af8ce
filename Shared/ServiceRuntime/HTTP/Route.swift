public import HTTPTypes
import Hummingbird

/// A method and the template of the paths that accept it.
public struct Route: Sendable, Hashable {
    /// The method.
    public let method: HTTPRequest.Method
    /// The template of the paths, as in `/products/{id}`.
    public let path: String

    /// Creates a route.
    public init(method: HTTPRequest.Method, path: String) {
        self.method = method
        self.path = path
    }
}

extension Router {
    /// The routes that have been added so far.
    var known: [Route] {
        routes.map { Route(method: $0.method, path: $0.path.description) }
    }
}

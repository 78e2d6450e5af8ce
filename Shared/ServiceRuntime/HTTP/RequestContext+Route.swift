import Hummingbird

extension RequestContext {
    /// The template of the route of the request, such as `/orders/{id}`, for logs and labels of metrics. It is
    /// `NotFound` for a path without a route, so no text of a client becomes a part of it.
    var route: String { endpointPath ?? "NotFound" }
}

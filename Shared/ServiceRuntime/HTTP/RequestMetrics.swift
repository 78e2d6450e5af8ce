import HTTPTypes
import Metrics
import Synchronization

/// The metrics of requests: their number, their duration, the responses from 500 up, and the requests whose handler runs. The
/// backend is asked for each metric once.
///
/// A request counts until its handler has returned a response. Hummingbird's own middleware counts it until the body is
/// written, so it never ends a request whose body is dropped (`HEAD`) or whose client resets the connection.
///
/// The labels come from bounded sets: the templates of routes, the methods of RFC 9110, and the statuses. Every unknown path
/// has the route `NotFound`, and every other method is `_OTHER`.
final class RequestMetrics: Sendable {
    private struct Labels: Hashable {
        let route, method: String
        let status: Int
    }

    private struct State {
        var activeRequests: [String: Meter] = [:]
        var ofResponses: [Labels: ResponseMetrics] = [:]
    }

    private let state = Mutex(State())

    func activeRequests(_ method: String) -> Meter {
        state.withLock { state in
            if let known = state.activeRequests[method] { return known }
            let new = Meter(label: "http.server.active_requests", dimensions: [("http.request.method", method)])
            state.activeRequests[method] = new
            return new
        }
    }

    func ofResponses(_ route: String, _ method: String, _ status: HTTPResponse.Status) -> ResponseMetrics {
        let labels = Labels(route: route, method: method, status: status.code)
        return state.withLock { state in
            if let known = state.ofResponses[labels] { return known }
            let new = ResponseMetrics(route, method, status)
            state.ofResponses[labels] = new
            return new
        }
    }
}

/// The metrics of the responses with one route, one method and one status.
struct ResponseMetrics {
    private let requests: Counter
    private let duration: Timer
    private let errors: Counter?

    fileprivate init(_ route: String, _ method: String, _ status: HTTPResponse.Status) {
        let request = [("http.route", route), ("http.request.method", method)]
        let response = request + [("http.response.status_code", String(status.code))]
        requests = Counter(label: "hb.requests", dimensions: response)
        duration = Timer(label: "http.server.request.duration", dimensions: response)
        let error = request + [("error.type", String(status.code))]
        errors = status.kind == .serverError ? Counter(label: "hb.request.errors", dimensions: error) : nil
    }

    /// - Parameter isCancelled: Whether the handler has ended because it was cancelled. That is no error of the service:
    ///   nobody waits for the response, or the service stops.
    func record(duration: Duration, isCancelled: Bool) {
        requests.increment()
        self.duration.recordNanoseconds(Int64(duration / .nanoseconds(1)))
        if !isCancelled { errors?.increment() }
    }
}

extension HTTPRequest.Method {
    private static let known: Set<Self> = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]

    /// The method as a label of metrics and spans, `_OTHER` for every method that RFC 9110 and RFC 5789 do not define.
    var label: String { Self.known.contains(self) ? rawValue : "_OTHER" }
}

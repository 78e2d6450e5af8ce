import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// A request of a connection, from its head to the last byte of its response. It belongs to the event loop.
final class OpenRequest {
    private(set) var head: HTTPRequest
    /// Whether the service takes the request under any load.
    let isOperational: Bool
    let expectsContinue: Bool
    let maximumBodyBytes: Int
    /// The value of `Content-Length`; nil for a chunked body.
    let contentLength: Int?
    /// Whether the client understands a chunked response.
    let allowsChunks: Bool
    /// The response, if the service takes no request now.
    var rejection: RejectedRequest?
    /// Whether the response is the last one of the connection.
    var closesConnection: Bool
    /// Whether the client sends nothing after the request.
    let isLastOfClient: Bool
    var body = IncomingBody()
    /// Whether the request is among those that wait until they may begin.
    var awaitsTurn = false
    /// Whether the handler may begin.
    var hasTurn: Bool
    /// Whether the handler has begun.
    var isHandled = false
    /// Whether the response has begun.
    var hasResponse = false
    var response = OutgoingResponse()
    /// The task of the handler.
    var task: Task<Void, Never>?
    /// Cancels the handler of a read when its caller stops waiting.
    var cancellation: Scheduled<Void>?

    init(
        _ request: HTTPRequest, _ head: HTTPRequestHead, limits: ConnectionLimits, closesConnection: Bool
    ) {
        self.head = request
        isOperational = OperationsPath.contains(head.uri)
        hasTurn = isOperational
        expectsContinue = head.expectsContinue
        maximumBodyBytes = head.maximumBodyBytes(limits)
        contentLength = head.headers.first(name: "content-length").flatMap { Int($0) }
        allowsChunks = head.version != .http1_0
        self.closesConnection = closesConnection
        isLastOfClient = head.closesConnection
    }

    var isHead: Bool { head.method == .head }
    /// Whether the request changes nothing, so its handler is cancelled when nobody waits for the response.
    var isRead: Bool { isHead || head.method == .get }
    /// How long the caller waits; nil if it does not say.
    var timeout: TimeAmount? {
        RequestScope.timeout(head.headerFields[.requestTimeout]).map { .nanoseconds(Int64($0 / .nanoseconds(1))) }
    }
    /// Takes the time that the request has waited for its turn off the time for which its caller waits. The handler, and the
    /// services that it calls, learn only of the rest.
    func reduceTimeout(_ timeout: TimeAmount?, by wait: TimeAmount) {
        guard let timeout, wait >= .milliseconds(1) else { return }
        let milliseconds = (timeout - wait).nanoseconds / TimeAmount.milliseconds(1).nanoseconds
        head.headerFields[.requestTimeout] = "\(max(1, milliseconds))"
    }
    /// Whether the last byte has arrived.
    var isComplete: Bool { body.isComplete }
    /// Whether the service needs the last byte to go on with the request.
    var awaitsBody: Bool { !isHandled || body.isAwaited && !hasResponse }
    /// Whether the request waits for the service. It does not while the service waits for the rest of the body.
    var isInFlight: Bool { rejection == nil && !hasResponse && (isComplete || isHandled && !body.isAwaited) }
    /// Whether a rejected request gets its response now. A client that waits for `100 Continue` sends no body before.
    var awaitsRejection: Bool { rejection != nil && (isComplete || expectsContinue) }
}

import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// A request of a connection, from its head to the last byte of its response. It belongs to the event loop.
final class OpenRequest {
    let head: HTTPRequest
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
    var closesConnection: Bool
    var body = IncomingBody()
    /// Whether the handler has begun.
    var isHandled = false
    /// Whether the response has begun.
    var hasResponse = false
    var response = OutgoingResponse()
    /// The task of the handler.
    var task: Task<Void, Never>?

    init(
        _ request: HTTPRequest, _ head: HTTPRequestHead, limits: ConnectionLimits, closesConnection: Bool
    ) {
        self.head = request
        isOperational = OperationsPath.contains(head.uri)
        expectsContinue = head.expectsContinue
        maximumBodyBytes = head.maximumBodyBytes(limits)
        contentLength = head.headers.first(name: "content-length").flatMap { Int($0) }
        allowsChunks = head.version != .http1_0
        self.closesConnection = closesConnection
    }

    var isHead: Bool { head.method == .head }
    /// Whether the last byte has arrived.
    var isComplete: Bool { body.isComplete }
    /// Whether the service needs the last byte to go on with the request.
    var awaitsBody: Bool { !isHandled || body.isAwaited && !hasResponse }
    /// Whether the service has the whole request and has not begun to respond.
    var isInFlight: Bool { isComplete && !hasResponse && rejection == nil }
    /// Whether a rejected request gets its response now. A client that waits for `100 Continue` sends no body before.
    var awaitsRejection: Bool { rejection != nil && (isComplete || expectsContinue) }
}

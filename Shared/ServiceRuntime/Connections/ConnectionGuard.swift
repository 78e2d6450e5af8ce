import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Responds to a request. It runs on the event loop of the connection.
typealias RequestHandler = @Sendable (Request, any Channel, Logger) async -> Response

/// Holds one connection to the rules of RFC 9112 and to `ConnectionLimits`, and lets the service handle its requests.
///
/// It rejects bad heads with a response, collects bodies, and handles one request after the other, each in a task that ends with
/// it. It drops the content of responses to `HEAD`. It closes the connection when a request or a limit says so. One timer keeps
/// all time limits.
final class ConnectionGuard: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// What the client is sending.
    enum Phase {
        case nothing
        case head(since: NIODeadline)
        case body(since: NIODeadline)
    }

    /// What is left to do with the connection.
    enum Ending {
        case open
        /// The guard takes no further request. Open requests still get their responses.
        case afterResponses(RejectedRequest?)
        /// The last response is on its way. The rest of its request is dropped, unless the request is complete.
        case lingering(isComplete: Bool)
    }

    /// The bytes of bodies that are kept for requests whose handler does not ask for them.
    static let maximumHeldBytes = 64 << 10

    let limits: ConnectionLimits
    let admission: AdmissionLimit
    let register: ConnectionRegister
    let date: ResponseDate
    let logger: Logger
    let handler: RequestHandler
    let client = ClientConnection()
    var phase = Phase.nothing
    /// The requests whose response is not complete, in their order.
    var requests: [OpenRequest] = []
    /// The requests whose handler runs. A handler that may change something goes on when its connection is lost.
    private var handled: [OpenRequest] = []
    /// Whether the limit counts a request of the connection. The service handles one after the other.
    private var isInFlight = false
    private var isHandlingRequests = false
    var requestCount = 0
    var ending = Ending.open
    var isQuiescing = false
    private var isClosed = false
    var decodingEndsWithRequest = false
    /// When the last response ended, or the connection was opened.
    var idleSince = NIODeadline.now()
    /// When response bytes began to wait for the client; nil when none wait.
    var stalledSince: NIODeadline?
    var timer: (at: NIODeadline, task: Scheduled<Void>)?
    var context: ChannelHandlerContext?
    weak var reader: RequestReader?

    init(
        limits: ConnectionLimits, admission: AdmissionLimit, register: ConnectionRegister, date: ResponseDate,
        logger: Logger, handler: @escaping RequestHandler
    ) {
        self.limits = limits
        self.admission = admission
        self.register = register
        self.date = date
        self.logger = logger
        self.handler = handler
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        idleSince = .now()
        setTimer()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        client.close()
        for request in handled where request.isRead { request.task?.cancel() }
        dropRequests()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { quiesce(context) }
        if case .inputClosed = event as? ChannelEvent { endInput(context) }
        context.fireUserInboundEventTriggered(event)
    }
}

// MARK: - What the reader asks and tells

extension ConnectionGuard {
    /// Whether no more requests should be decoded now: enough wait for their response, the client does not read, or no handler asks
    /// for the body.
    var isBehind: Bool {
        hasEnoughRequests || stalledSince != nil || isHoldingBody
    }

    /// Whether the open requests are as many as may be open. The body of the last one is still read.
    private var hasEnoughRequests: Bool {
        requests.count >= limits.maximumUnansweredRequests && !isReadingBody
    }

    var isReadingBody: Bool {
        if case .body = phase { true } else { false }
    }

    /// Whether a body is kept waiting until a handler asks for it.
    var isHoldingBody: Bool {
        guard isReadingBody, let last = requests.last, last.rejection == nil, !last.body.isAwaited else { return false }
        return requests.reduce(0) { $0 + $1.body.heldBytes } >= Self.maximumHeldBytes
    }

    /// How many bytes are left of a body with `Content-Length`; nil while anything else is read.
    var remainingBodyBytes: Int? {
        guard isReadingBody, let last = requests.last else { return nil }
        return last.contentLength.map { $0 - last.body.receivedBytes }
    }

    /// Notes that bytes of a request have come.
    func bytesArrived() {
        guard case .nothing = phase else { return }
        phase = .head(since: .now())
        setTimer()
    }

    /// Notes that the service reads again, because the client has read all responses or a handler has taken a body. The
    /// client gets the whole time for what it sends next.
    func readingContinues() {
        switch phase {
        case .nothing: return
        case .head: phase = .head(since: .now())
        case .body: phase = .body(since: .now())
        }
        setTimer()
    }

    /// Whether the decoder has just stopped after a request with `Upgrade`. The next call returns false.
    func endsUpgrade() -> Bool {
        guard decodingEndsWithRequest, !isReadingBody else { return false }
        decodingEndsWithRequest = false
        return true
    }

    /// Handles the requests that have been decoded.
    func handleRequests() {
        guard !isHandlingRequests else { return }
        isHandlingRequests = true
        defer { isHandlingRequests = false }
        while let request = requests.first, !request.isHandled, context != nil {
            if let rejection = request.rejection {
                guard request.awaitsRejection else { break }
                respond(to: request, with: rejection)
            } else if request.hasTurn {
                handle(request)
            } else if !request.awaitsTurn {
                awaitTurn(request)
            } else {
                break
            }
        }
        if requests.isEmpty, case .afterResponses(let rejection?) = ending { respondAndClose(rejection) }
        if isReadingBody { setTimer() }
    }
}

// MARK: - Handlers

extension ConnectionGuard {
    /// Lets a request wait until the event loop has time for it.
    private func awaitTurn(_ request: OpenRequest) {
        request.awaitsTurn = true
        let start = NIODeadline.now()
        let timeout = request.timeout
        admission.whenIdle(timeout: timeout) { [self] isInTime in
            guard request === requests.first, context != nil else { return }
            if isInTime {
                request.reduceTimeout(timeout, by: .now() - start)
                request.hasTurn = true
            } else {
                rejectForOverload(request)
            }
            handleRequests()
            // A rejection ends no handler that would let the next requests in.
            reader?.resume()
        }
    }

    /// Rejects a request that has not begun.
    private func rejectForOverload(_ request: OpenRequest) {
        let wasHoldingBody = isHoldingBody
        request.rejection = .overloaded.of(request.head)
        _ = request.body.take()
        countInFlight()
        if wasHoldingBody { readingContinues() }
    }

    /// Starts the task of a request. It runs at once, until it waits for something.
    private func handle(_ open: OpenRequest) {
        guard let context else { return }
        open.isHandled = true
        countInFlight()
        handled.append(open)
        let wasHoldingBody = isHoldingBody
        defer { if wasHoldingBody, !isHoldingBody { readingContinues() } }
        let own = NIOLoopBound((connection: self, request: open), eventLoop: context.eventLoop)
        let request = Request(head: open.head, body: body(of: open, own, context.eventLoop))
        let (handler, client, channel, logger) = (handler, client, context.channel, logger)
        open.task = Task.immediate(executorPreference: admission.executor) {
            let response = await ClientConnection.$current.withValue(client) {
                await handler(request, channel, logger)
            }
            let (connection, open) = own.value
            await connection.send(response, to: open)
            connection.handlerEnded(open)
        }
        guard open.isRead, let time = open.timeout, handled.contains(where: { $0 === open }) else { return }
        open.cancellation = context.eventLoop.assumeIsolated().scheduleTask(in: time) { open.task?.cancel() }
    }

    private func body(
        of open: OpenRequest, _ own: NIOLoopBound<(connection: ConnectionGuard, request: OpenRequest)>,
        _ eventLoop: any EventLoop
    ) -> RequestBody {
        // A body that failed is read as well, so the handler learns of the error.
        guard !open.isComplete || open.body.hasFailed else { return RequestBody(buffer: open.body.take()) }
        return RequestBody(
            asyncSequence: AwaitedBody {
                // Without a hop, a request is in flight only while its handler works.
                guard eventLoop.inEventLoop else {
                    return eventLoop.flatSubmit { own.value.connection.collectBody(of: own.value.request, eventLoop) }
                }
                return own.value.connection.collectBody(of: own.value.request, eventLoop)
            })
    }

    /// The body of a request, when it is complete. Only now the rest of it is read, after the client is told to send it
    /// (RFC 9110 §10.1.1).
    private func collectBody(of request: OpenRequest, _ eventLoop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        let isFirstCall = !request.body.isAwaited
        let body = request.body.collect(on: eventLoop)
        countInFlight()
        guard isFirstCall, isReadingBody, request === requests.last, let context else { return body }
        phase = .body(since: .now())
        setTimer()
        if request.expectsContinue, request.body.receivedBytes == 0, !request.hasResponse {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
        reader?.resume()
        return body
    }

    private func handlerEnded(_ request: OpenRequest) {
        request.cancellation?.cancel()
        handled.removeAll { $0 === request }
        leaveIfEnded()
    }

    /// Notes that the connection is closed.
    func closed() {
        isClosed = true
        leaveIfEnded()
    }

    private func leaveIfEnded() {
        if isClosed, handled.isEmpty { register.remove(self) }
    }

    /// Tells the admission limit whether a request of the connection is in flight.
    func countInFlight() {
        let isInFlight = requests.first?.isInFlight ?? false
        guard isInFlight != self.isInFlight else { return }
        self.isInFlight = isInFlight
        admission.requestsInFlight += isInFlight ? 1 : -1
    }

    /// Forgets the requests. The responses of their handlers are dropped.
    func dropRequests() {
        for request in requests {
            request.body.fail(ChannelError.inputClosed)
            // One that waits for its turn lives until then.
            if !request.isHandled { _ = request.body.take() }
        }
        requests = []
        countInFlight()
    }
}

// MARK: - The end of the connection

extension ConnectionGuard {
    /// Closes the connection after the responses to its open requests, because the service stops.
    private func quiesce(_ context: ChannelHandlerContext) {
        isQuiescing = true
        if requests.isEmpty, !isLingering { finish(context, isComplete: true) }
    }

    /// Cancels the handlers of the connection, because the service does not wait any longer.
    func cancel() {
        for request in handled { request.task?.cancel() }
        guard let first = requests.first, first.isHandled else {
            if !isLingering { context?.close(promise: nil) }
            return
        }
        requests = [first]
        first.closesConnection = true
        first.body.fail(CancellationError())
        reader?.stop()
        phase = .nothing
        ending = .afterResponses(nil)
    }

    /// Closes the connection after the responses to its open requests, because the client has closed its side.
    private func endInput(_ context: ChannelHandlerContext) {
        client.close()
        guard !isLingering, let last = requests.last else { return finish(context, isComplete: true) }
        takeNoRequest(after: last)
    }

    /// Closes the connection after the response to this request, unless its end is already decided.
    func takeNoRequest(after request: OpenRequest) {
        guard case .open = ending else { return }
        request.closesConnection = true
        ending = .afterResponses(nil)
        guard !isReadingBody else { return }
        reader?.stop()
        phase = .nothing
    }

    private var isLingering: Bool {
        if case .lingering = ending { true } else { false }
    }
}

import Logging
import NIOCore
import NIOHTTP1

/// Holds one connection to the rules of RFC 9112 and to `ConnectionLimits`.
///
/// It rejects bad heads with a response, keeps the order of responses, and drops the content of responses to `HEAD`. It closes
/// the connection when a request or a limit says so. One timer keeps all time limits.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What the client is sending.
    private enum Phase {
        case nothing
        case head(since: NIODeadline)
        case body(since: NIODeadline)
    }

    /// A request whose response is not complete. Hummingbird has it, unless it is rejected.
    private struct OpenRequest {
        /// The response, if the service takes no request now.
        let rejection: RejectedRequest?
        let isHead: Bool
        let expectsContinue: Bool
        let maximumBodyBytes: Int
        /// The value of `Content-Length`; nil for a chunked body.
        let contentLength: Int?
        var bodyBytes = 0
        var closesConnection: Bool
        var isComplete = false
        var hasResponse = false

        /// Whether Hummingbird has the whole request and has not begun to respond.
        var isInFlight: Bool { isComplete && !hasResponse && rejection == nil }
        /// Whether a rejected request gets its response now. A client that waits for `100 Continue` sends no body before.
        var awaitsRejection: Bool { rejection != nil && (isComplete || expectsContinue) }
    }

    /// What is left to do with the connection.
    private enum Ending {
        case open
        /// The guard takes no further request. Open requests still get their responses.
        case afterResponses(RejectedRequest?)
        /// The last response is written; the rest of the request is dropped.
        case lingering
    }

    private let limits: ConnectionLimits
    private let admission: AdmissionLimit
    private let logger: Logger
    private var phase = Phase.nothing
    private var requests: [OpenRequest] = [] {
        didSet { isInFlight = requests.first?.isInFlight ?? false }
    }
    /// Whether a request of the connection is in flight. Hummingbird handles one after the other.
    private var isInFlight = false {
        didSet {
            guard isInFlight != oldValue else { return }
            admission.requestsInFlight += isInFlight ? 1 : -1
        }
    }
    private var requestCount = 0
    private var ending = Ending.open
    private var isQuiescing = false
    private var decodingEndsWithRequest = false
    /// When the last response ended, or the connection was opened.
    private var idleSince = NIODeadline.now()
    /// When response bytes began to wait for the client; nil when none wait.
    private var stalledSince: NIODeadline?
    private var timer: (at: NIODeadline, task: Scheduled<Void>)?
    private var context: ChannelHandlerContext?
    private weak var reader: RequestReader?

    init(limits: ConnectionLimits, admission: AdmissionLimit, logger: Logger) {
        self.limits = limits
        self.admission = admission
        self.logger = logger
    }

    func attach(_ reader: RequestReader) {
        self.reader = reader
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
        // Hummingbird may still write responses.
        requests = []
        context.fireChannelInactive()
    }
}

// MARK: - What the reader asks and tells

extension ConnectionGuard {
    /// Whether no more requests should be decoded now: enough wait for their response, or the client does not read.
    var isBehind: Bool {
        requests.count >= limits.maximumUnansweredRequests || stalledSince != nil
    }

    var isReadingBody: Bool {
        if case .body = phase { true } else { false }
    }

    /// How many bytes are left of a body with `Content-Length`; nil while anything else is read.
    var remainingBodyBytes: Int? {
        guard isReadingBody, let last = requests.last else { return nil }
        return last.contentLength.map { $0 - last.bodyBytes }
    }

    /// Notes that bytes of a request have come.
    func bytesArrived() {
        guard case .nothing = phase else { return }
        phase = .head(since: .now())
        setTimer()
    }

    /// Whether the decoder has just stopped after a request with `Upgrade`. The next call returns false.
    func endsUpgrade() -> Bool {
        guard decodingEndsWithRequest, !isReadingBody else { return false }
        decodingEndsWithRequest = false
        return true
    }
}

// MARK: - Requests

extension ConnectionGuard {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard case .open = ending else {
            // The rest of the last request that is taken still belongs to it.
            if case .afterResponses(nil) = ending, isReadingBody { pass(part, context) }
            return
        }
        switch part {
        case .head(let head): take(head, context)
        default: pass(part, context)
        }
    }

    private func take(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var head = head
        do throws(RejectedRequest) {
            try head.check(limits)
        } catch {
            return reject(error.of(head), context)
        }
        requestCount += 1
        let isLast = head.closesConnection || requestCount >= limits.maximumRequests
        if isLast, !head.closesConnection { ClosingReason.requests.count() }
        let isAdmitted = OperationsPath.contains(head.uri) || admission.admitsRequest()
        requests.append(
            OpenRequest(
                rejection: isAdmitted ? nil : .overloaded.of(head), isHead: head.method == .HEAD,
                expectsContinue: head.expectsContinue,
                maximumBodyBytes: head.maximumBodyBytes(limits),
                contentLength: head.headers.first(name: "content-length").flatMap { Int($0) }, closesConnection: isLast)
        )
        if isLast { ending = .afterResponses(nil) }
        decodingEndsWithRequest = head.endsDecoding
        phase = .body(since: .now())
        guard isAdmitted else { return respondToRejected(context) }
        // Hummingbird (2.28.1) compares the field with the text `close`.
        head.headers.remove(name: "connection")
        if isLast { head.headers.add(name: "connection", value: "close") }
        if requests.count == 1 { writeContinue(context) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func pass(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        let isRejected = requests.last?.rejection != nil
        switch part {
        case .body(let bytes) where exceedsLimit(adding: bytes.readableBytes):
            guard !abandonLast(.bodyTooLarge(requests[requests.count - 1].maximumBodyBytes), context) else { return }
        case .end:
            phase = .nothing
            if !requests.isEmpty { requests[requests.count - 1].isComplete = true }
            if case .afterResponses = ending { reader?.stop() }
        default: break
        }
        guard !isRejected else { return respondToRejected(context) }
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// Adds to the size of the body that is being read, and tells whether it is above the limit now. `Content-Length` was compared
    /// before, so this concerns chunked bodies.
    private func exceedsLimit(adding bytes: Int) -> Bool {
        guard !requests.isEmpty else { return false }
        requests[requests.count - 1].bodyBytes += bytes
        return requests[requests.count - 1].bodyBytes > requests[requests.count - 1].maximumBodyBytes
    }

    /// Rejects the request whose body is being read, although Hummingbird has its head. Returns false if its response has begun.
    private func abandonLast(_ rejection: RejectedRequest, _ context: ChannelHandlerContext) -> Bool {
        guard let last = requests.last, !last.hasResponse else { return false }
        requests.removeLast()
        var rejection = rejection
        rejection.hasContent = !last.isHead
        reject(rejection, context)
        return true
    }

    /// Tells the client of the first open request to send the body that it holds back (RFC 9110 §10.1.1).
    private func writeContinue(_ context: ChannelHandlerContext) {
        guard let request = requests.first, request.expectsContinue, !request.isComplete, request.rejection == nil
        else { return }
        context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        let hasEnded = error == .invalidEOFState
        if isReadingBody, requests.last?.rejection != nil {
            _ = abandonLast(hasEnded ? .incompleteBody : .malformed, context)
        } else if isReadingBody {
            // The route that reads the body fails with it, and its response is the last one.
            if !hasEnded { ClosingReason.malformed.count() }
            if case .open = ending { ending = .afterResponses(nil) }
            if !requests.isEmpty { requests[requests.count - 1].closesConnection = true }
            context.fireErrorCaught(error)
        } else if case .open = ending {
            reject(error == .headerOverflow ? .headTooLarge : hasEnded ? .incomplete : .malformed, context)
        }
    }

    /// Takes no further request, and responds to this one when it is its turn.
    private func reject(_ rejection: RejectedRequest, _ context: ChannelHandlerContext) {
        rejection.reason?.count()
        logger.info(
            "The request was rejected before its route.",
            metadata: ["code": "\(rejection.code)", "hb.request.id": "\(rejection.requestID)"])
        reader?.stop()
        phase = .nothing
        ending = .afterResponses(rejection)
        if requests.isEmpty { writeLast(rejection, context) }
    }
}

// MARK: - Responses

extension ConnectionGuard {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let request = requests.first else {
            // Hummingbird (2.28.1) writes its own response to a request that was not decoded.
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            requests[0].hasResponse = true
            if !request.isComplete { requests[0].closesConnection = true }
            if isLast(requests[0]) { head.headers.replaceOrAdd(name: "connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body where request.isHead:
            promise?.succeed()
        case .end(let trailers):
            let isLast = isLast(request)
            requests.removeFirst()
            context.write(wrapOutboundOut(.end(trailers)), promise: promise)
            responseEnded(context, closing: isLast, isComplete: request.isComplete)
        case let part:
            context.write(wrapOutboundOut(part), promise: promise)
        }
    }

    private func isLast(_ request: OpenRequest) -> Bool {
        request.closesConnection || isQuiescing && requests.count == 1
    }

    private func responseEnded(_ context: ChannelHandlerContext, closing: Bool, isComplete: Bool) {
        if closing { return finish(context, isComplete: isComplete) }
        guard requests.isEmpty else {
            if requests[0].awaitsRejection { return respondToRejected(context) }
            writeContinue(context)
            reader?.resume()
            return
        }
        if case .afterResponses(let rejection?) = ending { return writeLast(rejection, context) }
        idleSince = .now()
        setTimer()
        reader?.resume()
    }

    /// Responds to the first open request if it is rejected and its turn has come. The connection goes on after a complete request.
    private func respondToRejected(_ context: ChannelHandlerContext) {
        guard let request = requests.first, let rejection = request.rejection, request.awaitsRejection else { return }
        let closesConnection = isLast(request) || !request.isComplete
        requests.removeFirst()
        write(rejection, closing: closesConnection, context)
        if !closesConnection { flush(context: context) }
        responseEnded(context, closing: closesConnection, isComplete: request.isComplete)
    }

    private func write(_ rejection: RejectedRequest, closing closesConnection: Bool, _ context: ChannelHandlerContext) {
        let (headers, body) = rejection.response(closing: closesConnection)
        context.write(
            wrapOutboundOut(.head(.init(version: .http1_1, status: rejection.status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Responds to a request that ends the connection.
    private func writeLast(_ rejection: RejectedRequest, _ context: ChannelHandlerContext) {
        write(rejection, closing: true, context)
        finish(context, isComplete: false)
    }

    /// Closes the connection when the client has the response. What the client still sends is dropped meanwhile.
    private func finish(_ context: ChannelHandlerContext, isComplete: Bool) {
        ending = .lingering
        phase = .nothing
        requests = []
        reader?.stop()
        flush(context: context)
        guard !isComplete || stalledSince != nil else { return context.close(promise: nil) }
        let outputClosed = context.eventLoop.makePromise(of: Void.self)
        outputClosed.futureResult.assumeIsolated().whenComplete { _ in
            guard !isComplete else { return context.close(promise: nil) }
            context.eventLoop.assumeIsolated().scheduleTask(in: self.limits.lingerTime) { context.close(promise: nil) }
        }
        context.close(mode: .output, promise: outputClosed)
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .lingering = ending { context.read() }
        context.fireChannelReadComplete()
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        checkStall(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        checkStall(context)
        context.fireChannelWritabilityChanged()
    }

    /// Notes whether response bytes wait for the client.
    private func checkStall(_ context: ChannelHandlerContext) {
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        if (waiting ?? 0) > 0 {
            guard stalledSince == nil else { return }
            stalledSince = .now()
            setTimer()
        } else if stalledSince != nil {
            stalledSince = nil
            reader?.resume()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isQuiescing = true }
        if case .lingering = ending, case .inputClosed = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

// MARK: - Times

extension ConnectionGuard {
    /// The limit that ends first.
    private var deadline: (at: NIODeadline, reason: ClosingReason)? {
        var deadlines: [(at: NIODeadline, reason: ClosingReason)] = []
        if let stalledSince { deadlines.append((stalledSince + limits.writeTime, .writeTime)) }
        switch phase {
        case .head(let since): deadlines.append((since + limits.headTime, .headTime))
        case .body(let since): deadlines.append((since + limits.bodyTime, .bodyTime))
        case .nothing:
            if case .open = ending, requests.isEmpty { deadlines.append((idleSince + limits.idleTime, .idleTime)) }
        }
        return deadlines.min { $0.at < $1.at }
    }

    /// Sets the timer, unless it fires early enough. A timer that fires too early is set again.
    private func setTimer() {
        guard let context, let deadline, timer.map({ deadline.at < $0.at }) ?? true else { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline.at) { self.timeEnded() }
        timer = (deadline.at, task)
    }

    private func timeEnded() {
        timer = nil
        guard let context else { return }
        checkStall(context)
        guard let deadline, deadline.at <= .now() else { return setTimer() }
        switch deadline.reason {
        case .headTime: reject(.tooSlow(.headTime), context)
        case .bodyTime where abandonLast(.tooSlow(.bodyTime), context): break
        default:
            deadline.reason.count()
            context.close(promise: nil)
        }
    }
}

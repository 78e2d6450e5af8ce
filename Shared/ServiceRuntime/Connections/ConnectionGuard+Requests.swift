import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1

extension ConnectionGuard {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard case .open = ending else {
            // The rest of the last request that is taken still belongs to it.
            if case .afterResponses(nil) = ending, isReadingBody { receive(part) }
            return
        }
        switch part {
        case .head(let head): take(head)
        default: receive(part)
        }
    }

    private func take(_ head: HTTPRequestHead) {
        var head = head
        let request: HTTPRequest
        do throws(RejectedRequest) {
            try head.check(limits)
            request = try HTTPRequest(head)
        } catch {
            return reject(error.of(head))
        }
        requestCount += 1
        let isLast = head.closesConnection || requestCount >= limits.maximumRequests
        if isLast, !head.closesConnection { ClosingReason.requests.count() }
        if isLast { ending = .afterResponses(nil) }
        let open = OpenRequest(request, head, limits: limits, closesConnection: isLast)
        if !open.isOperational, !admission.admitsRequest() { open.rejection = .overloaded.of(head) }
        requests.append(open)
        decodingEndsWithRequest = head.endsDecoding
        phase = .body(since: .now())
    }

    private func receive(_ part: HTTPServerRequestPart) {
        guard let request = requests.last else { return }
        switch part {
        case .head: break
        case .body(var bytes):
            request.body.append(&bytes)
            if request.rejection != nil { _ = request.body.take() }
            // `Content-Length` was compared before, so this concerns chunked bodies.
            if request.body.receivedBytes > request.maximumBodyBytes {
                abandonLast(.bodyTooLarge(request.maximumBodyBytes))
            }
        case .end:
            phase = .nothing
            complete(request)
            if case .afterResponses = ending { reader?.stop() }
        }
    }

    /// Notes that the last byte of a request has arrived, and rejects a request that waited for it if too many others
    /// are in flight. Many bodies may end together, long after their heads were admitted.
    private func complete(_ request: OpenRequest) {
        guard request.rejection == nil, !request.isOperational, request.awaitsBody, !admission.hasRoom() else {
            request.body.complete()
            return countInFlight()
        }
        let rejection = RejectedRequest.overloaded.of(request.head)
        if !request.isHandled { request.rejection = rejection }
        request.body.complete(throwing: rejection)
        countInFlight()
    }

    /// Rejects the request whose body is being read, although its handler may have begun. Does nothing if its response has begun.
    @discardableResult
    func abandonLast(_ rejection: RejectedRequest) -> Bool {
        guard let last = requests.last else { return false }
        last.body.fail(rejection)
        guard !last.hasResponse else { return false }
        requests.removeLast()
        countInFlight()
        reject(rejection.of(last.head))
        return true
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        let hasEnded = error == .invalidEOFState
        if isReadingBody, let last = requests.last {
            guard last.rejection == nil else {
                abandonLast(hasEnded ? .incompleteBody : .malformed)
                return
            }
            // The handler that reads the body fails with the error, and its response is the last one.
            if !hasEnded { ClosingReason.malformed.count() }
            phase = .nothing
            takeNoRequest(after: last)
            last.body.fail(error)
        } else if case .open = ending {
            reject(error == .headerOverflow ? .headTooLarge : hasEnded ? .incomplete : .malformed)
        }
    }

    /// Takes no further request, and responds to this one when it is its turn.
    func reject(_ rejection: RejectedRequest) {
        rejection.reason?.count()
        logger.info(
            "The request was rejected before its route.",
            metadata: ["code": "\(rejection.code)", "hb.request.id": "\(rejection.requestID)"])
        reader?.stop()
        phase = .nothing
        ending = .afterResponses(rejection)
        handleRequests()
    }
}

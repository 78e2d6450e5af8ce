import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

extension ConnectionGuard {
    /// Sends the response of a handler, unless the connection is lost or the request was rejected meanwhile.
    func send(_ response: Response, to request: OpenRequest) async {
        guard context != nil, requests.first === request else { return }
        request.hasResponse = true
        countInFlight()
        if isLast(request) || !request.isComplete { takeNoRequest(after: request) }
        request.response.begin(response, to: request, date: date.text, isLast: isLast(request))
        // A body that fails has no end, so the client notices that it is not complete.
        do {
            try await response.body.write(ResponseSender(connection: self, request: request))
        } catch  where requests.first === request {
            logger.error(
                "The body of the response failed.",
                metadata: ["error": "\(error)", "hb.request.id": "\(response.headers[.requestID] ?? "none")"])
        } catch {}
        if requests.first === request { context?.close(promise: nil) }
    }

    /// Sends a part of a body, and waits while the client does not read.
    ///
    /// - Throws: An error of SwiftNIO if the connection is lost.
    func send(_ bytes: ByteBuffer, of request: OpenRequest) async throws {
        guard let context, requests.first === request else { throw ChannelError.ioOnClosedChannel }
        guard request.response.append(bytes) else { return }
        let sent = context.channel.isWritable ? nil : context.eventLoop.makePromise(of: Void.self)
        writeUnsent(of: request, context, sent)
        flush(context)
        try await sent?.futureResult.get()
    }

    /// Ends the response to the first request.
    ///
    /// - Throws: An error of SwiftNIO if the connection is lost.
    func endResponse(to request: OpenRequest, trailers: HTTPFields?) throws {
        guard let context, requests.first === request else { throw ChannelError.ioOnClosedChannel }
        request.response.end(trailers)
        writeUnsent(of: request, context, nil)
        responseEnded(context)
        handleRequests()
        reader?.resume()
    }

    private func writeUnsent(
        of request: OpenRequest, _ context: ChannelHandlerContext, _ sent: EventLoopPromise<Void>?
    ) {
        var unsent = request.response.takeUnsent()
        let last = unsent.popLast()
        for bytes in unsent { context.write(wrapOutboundOut(bytes), promise: nil) }
        if let last { context.write(wrapOutboundOut(last), promise: sent) } else { sent?.succeed() }
    }

    private func isLast(_ request: OpenRequest) -> Bool {
        request.closesConnection || isQuiescing && requests.count == 1
    }

    /// Goes on to the next request, or closes the connection.
    private func responseEnded(_ context: ChannelHandlerContext) {
        let request = requests[0]
        let closesConnection = isLast(request) || !request.isComplete
        requests.removeFirst()
        request.body.fail(ChannelError.inputClosed)
        countInFlight()
        guard !closesConnection else {
            return finish(context, isComplete: request.isComplete && request.isLastOfClient)
        }
        flush(context)
        guard requests.isEmpty else { return }
        idleSince = .now()
        setTimer()
    }

    /// Responds to the first request, which no handler gets. The connection goes on after a complete request.
    func respond(to request: OpenRequest, with rejection: RejectedRequest) {
        guard let context else { return requests = [] }
        write(rejection, closing: isLast(request) || !request.isComplete, context)
        responseEnded(context)
    }

    /// Responds to a request that ends the connection.
    func respondAndClose(_ rejection: RejectedRequest) {
        guard let context else { return }
        write(rejection, closing: true, context)
        finish(context, isComplete: false)
    }

    private func write(_ rejection: RejectedRequest, closing closesConnection: Bool, _ context: ChannelHandlerContext) {
        let (headers, body) = rejection.response(closing: closesConnection)
        var bytes = ByteBuffer()
        bytes.writeStatusLine(Int(rejection.status.code), rejection.status.reasonPhrase)
        for (name, value) in headers { bytes.writeField(name, value) }
        bytes.writeString("\r\n")
        bytes.writeString(body)
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Closes the connection when all responses are written. What the client still sends is dropped meanwhile.
    ///
    /// - Parameter isComplete: Whether the client sends nothing more. Otherwise only the output is closed at first.
    func finish(_ context: ChannelHandlerContext, isComplete: Bool) {
        ending = .lingering(isComplete: isComplete)
        phase = .nothing
        dropRequests()
        reader?.stop()
        flush(context)
        if stalledSince == nil { allWritten(context) }
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .lingering = ending { context.read() }
        context.fireChannelReadComplete()
    }

    /// Sends what is written, and notes whether response bytes wait for the client.
    private func flush(_ context: ChannelHandlerContext) {
        context.flush()
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard stalledSince == nil, (waiting ?? 0) > 0 else { return }
        stalledSince = .now()
        setTimer()
        // The channel becomes writable before its last byte is written. An empty write ends after that byte.
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { self.stallEnded() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }

    /// Goes on after the client has read. Bytes that were written during the stall may begin the next one.
    private func stallEnded() {
        guard let context else { return }
        stalledSince = nil
        flush(context)
        if stalledSince == nil { allWritten(context) }
    }

    private func allWritten(_ context: ChannelHandlerContext) {
        switch ending {
        case .open, .afterResponses:
            readingContinues()
            reader?.resume()
        case .lingering(isComplete: true): context.close(promise: nil)
        case .lingering(isComplete: false):
            context.close(mode: .output, promise: nil)
            context.eventLoop.assumeIsolated().scheduleTask(in: limits.lingerTime) { context.close(promise: nil) }
        }
    }
}

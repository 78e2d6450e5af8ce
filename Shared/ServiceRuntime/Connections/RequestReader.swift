import NIOCore
import NIOHTTP1

/// Decodes the bytes of a connection into requests, no faster than the service responds.
///
/// SwiftNIO's decoder takes all available bytes. A client could make thousands of requests wait in memory with a few kilobytes.
/// This reader gives the decoder small pieces and stops while `ConnectionGuard.isBehind`. Undecoded bytes then stay in one
/// buffer, and the rest in the socket.
///
/// SwiftNIO's decoder also stops for good after a request with `Upgrade` (seen in swift-nio 2.101.2). RFC 9110 §7.8 lets a
/// server ignore the field and continue, so the reader creates a new decoder after such a request.
final class RequestReader: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The largest pieces that the decoder is given while it reads heads, and bodies.
    private static let pieceOfHeadBytes = 512
    private static let pieceOfBodyBytes = 64 << 10
    /// How many requests in a row are handled before other connections of the event loop have their turn.
    private static let maximumRequestsInARow = 16

    /// Whether the client still sends.
    private enum Input {
        case open
        /// The client has closed its side, and bytes wait to be decoded.
        case ending
        case ended
    }

    private let connection: ConnectionGuard
    private let limits: ConnectionLimits
    private var decoder: HTTPRequestDecoder
    private var buffer = ByteBuffer()
    /// How many bytes at the beginning of the buffer the decoder has seen and not consumed.
    private var seenBytes = 0
    private var isDecoding = false
    private var input = Input.open
    /// Whether the bytes that still come are dropped.
    private var isStopped = false
    private var isReadHeld = false
    /// Whether other connections of the event loop have their turn.
    private var isPaused = false
    private var context: ChannelHandlerContext?

    init(connection: ConnectionGuard, limits: ConnectionLimits) {
        self.connection = connection
        self.limits = limits
        decoder = Self.newDecoder(limits)
    }

    private static func newDecoder(_ limits: ConnectionLimits) -> HTTPRequestDecoder {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.maximumHeaderBytes
        configuration.maxHeaderListSize = limits.maximumHeaderBytes
        configuration.maxHeaderFieldCount = limits.maximumHeaderFields
        return HTTPRequestDecoder(limitConfiguration: configuration)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        decoder.decoderAdded(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        decoder.decoderRemoved(context: context)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isStopped else { return }
        var bytes = unwrapInboundIn(data)
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeBuffer(&bytes)
        }
        decode(context)
    }

    func read(context: ChannelHandlerContext) {
        isReadHeld = (connection.isBehind || isPaused) && !isStopped
        if !isReadHeld { context.read() }
    }

    /// Goes on after the service has caught up.
    func resume() {
        guard let context, !isDecoding else { return }
        if seenBytes < buffer.readableBytes {
            decode(context)
            context.fireChannelReadComplete()
        }
        if isReadHeld { read(context: context) }
    }

    /// Drops all bytes from now on.
    func stop() {
        isStopped = true
        buffer = ByteBuffer()
        seenBytes = 0
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed = event as? ChannelEvent else { return context.fireUserInboundEventTriggered(event) }
        input = .ending
        decode(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDecoding { endMessage(context) }
        stop()
        context.fireChannelInactive()
    }

    private func decode(_ context: ChannelHandlerContext) {
        guard !isDecoding else { return }
        isDecoding = true
        do {
            let lastRequest = connection.requestCount + Self.maximumRequestsInARow
            while canDecode {
                while canDecode {
                    try decodePiece(context)
                    if connection.requestCount >= lastRequest { pause(context) }
                }
                // A request that is handled at once makes room for the next one.
                connection.handleRequests()
            }
        } catch {
            fail(error, context)
            connection.handleRequests()
        }
        isDecoding = false
        guard input == .ending, isStopped || seenBytes == buffer.readableBytes else { return }
        input = .ended
        endMessage(context)
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// Goes on after other connections of the event loop have had their turn. The event loop runs work that is due before it looks
    /// at its sockets, so the rest is due later.
    private func pause(_ context: ChannelHandlerContext) {
        isPaused = true
        context.eventLoop.assumeIsolated().scheduleTask(in: .microseconds(50)) {
            self.isPaused = false
            self.resume()
        }
    }

    private var canDecode: Bool {
        !isStopped && !isPaused && !connection.isBehind && seenBytes < buffer.readableBytes
    }

    private func decodePiece(_ context: ChannelHandlerContext) throws {
        guard var piece = buffer.getSlice(at: buffer.readerIndex, length: nextPieceBytes) else { return }
        connection.bytesArrived()
        _ = try decoder.decode(context: context, buffer: &piece)
        guard !isStopped else { return }
        buffer.moveReaderIndex(forwardBy: piece.readerIndex)
        seenBytes = piece.readableBytes
        if connection.endsUpgrade() {
            seenBytes = 0
            decoder.decoderRemoved(context: context)
            decoder = Self.newDecoder(limits)
            decoder.decoderAdded(context: context)
        }
        // Clearing the buffer would keep its memory while the connection is idle.
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        // What the decoder keeps is one target or one field that has not ended.
        guard seenBytes <= max(limits.maximumTargetBytes, limits.maximumHeaderBytes) else {
            throw HTTPParserError.headerOverflow
        }
    }

    /// The size of the next piece. It ends where a request may end, so the first byte after it begins the time of the next head: at
    /// the end of a body with `Content-Length`, otherwise after a blank line.
    private var nextPieceBytes: Int {
        let maximum = connection.isReadingBody ? Self.pieceOfBodyBytes : Self.pieceOfHeadBytes
        let bytes = buffer.readableBytesView.prefix(seenBytes + maximum)
        if let rest = connection.remainingBodyBytes { return min(bytes.count, max(rest, seenBytes + 1)) }
        return bytes.endOfBlankLine(after: seenBytes) ?? bytes.count
    }

    /// Tells the decoder that no more bytes come. A body that broke off is an error then, and not an end.
    private func endMessage(_ context: ChannelHandlerContext) {
        guard !isStopped else { return }
        do {
            var nothing = ByteBuffer()
            _ = try decoder.decodeLast(context: context, buffer: &nothing, seenEOF: true)
            stop()
        } catch {
            fail(error, context)
            connection.handleRequests()
        }
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        guard !isStopped else { return }
        stop()
        context.fireErrorCaught(error)
    }
}

extension ByteBufferView {
    /// The number of bytes up to the end of the first line without content that ends after `count` bytes.
    fileprivate func endOfBlankLine(after count: Int) -> Int? {
        var lineStart = startIndex
        while let end = self[lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
            let isBlank = end == lineStart || end == lineStart + 1 && self[lineStart] == UInt8(ascii: "\r")
            lineStart = end + 1
            if isBlank, lineStart - startIndex > count { return lineStart - startIndex }
        }
        return nil
    }
}

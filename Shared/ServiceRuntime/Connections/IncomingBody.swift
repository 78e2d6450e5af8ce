import NIOCore

/// The body of a request while it arrives. It belongs to the event loop.
struct IncomingBody {
    /// The bytes that have arrived.
    private(set) var receivedBytes = 0
    /// Whether the last byte has arrived.
    private(set) var isComplete = false
    private var buffer = ByteBuffer()
    private var error: (any Error)?
    private var promise: EventLoopPromise<ByteBuffer>?

    /// Whether the handler waits for the body.
    var isAwaited: Bool { promise != nil }
    /// Whether the handler gets an error in place of the body.
    var hasFailed: Bool { error != nil }
    /// The bytes that no handler has taken.
    var heldBytes: Int { buffer.readableBytes }

    /// Adds a part of the body. A body that failed keeps none.
    mutating func append(_ bytes: inout ByteBuffer) {
        receivedBytes += bytes.readableBytes
        guard error == nil else { return }
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeBuffer(&bytes) }
    }

    /// Ends the body. The error, if there is one, is what the handler gets in place of the body.
    mutating func complete(throwing error: (any Error)? = nil) {
        if let error { fail(error) }
        isComplete = true
        if self.error == nil, let promise { promise.succeed(take()) }
    }

    /// Replaces the body by an error. Does nothing if the body is complete or has failed.
    mutating func fail(_ error: any Error) {
        guard !isComplete, self.error == nil else { return }
        self.error = error
        buffer = ByteBuffer()
        promise?.fail(error)
    }

    /// Removes the bytes that have arrived.
    mutating func take() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// The body as soon as it is complete.
    mutating func collect(on eventLoop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        if let promise { return promise.futureResult }
        if let error { return eventLoop.makeFailedFuture(error) }
        let promise = eventLoop.makePromise(of: ByteBuffer.self)
        self.promise = promise
        if isComplete { promise.succeed(take()) }
        return promise.futureResult
    }
}

/// The body of a request whose handler begins before the last byte has arrived: one buffer, when it is complete.
struct AwaitedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    /// Asks for the body.
    let collect: @Sendable () -> EventLoopFuture<ByteBuffer>

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var collect: (@Sendable () -> EventLoopFuture<ByteBuffer>)?

        mutating func next() async throws -> ByteBuffer? {
            defer { collect = nil }
            return try await collect?().get()
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(collect: collect)
    }
}

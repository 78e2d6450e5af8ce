import HTTPTypes
import Synchronization

/// The part of a response body between libcurl, which delivers it, and the task that reads it. When it is full, libcurl stops
/// reading from the connection until the task has taken it.
final class ResponseStream: Sendable {
    /// The head of the response.
    typealias Head = (status: HTTPResponse.Status, headers: HTTPFields)

    private struct State {
        var head: Head?
        var bytes: [UInt8] = []
        /// The transfer that waits for space in `bytes`.
        var paused: Transfer?
        var hasEnded = false
        var error: HTTPClientError?
        var reader: CheckedContinuation<Void, Never>?
    }

    private static let maximumBufferedBytes = 64 << 10

    private let loop: TransferLoop
    private let state = Mutex(State())

    init(loop: TransferLoop) { self.loop = loop }

    /// Adds a part of the body. Returns false when the stream is full; the part must then be delivered again later.
    func receive(_ part: UnsafeRawBufferPointer, of transfer: Transfer) -> Bool {
        let (isAccepted, reader) = state.withLock { state in
            guard state.bytes.isEmpty || state.bytes.count + part.count <= Self.maximumBufferedBytes else {
                state.paused = transfer
                return (false, CheckedContinuation<Void, Never>?.none)
            }
            unsafe state.bytes.append(contentsOf: part)
            if state.head == nil { state.head = transfer.response.head }
            return (true, state.reader.take())
        }
        reader?.resume()
        return isAccepted
    }

    /// Ends the stream, after the whole body or with an error.
    func finish(_ head: Head?, _ error: HTTPClientError?) {
        let reader = state.withLock { state in
            if state.head == nil { state.head = head }
            state.hasEnded = true
            state.error = error
            // The transfer has this stream, so they would keep each other.
            state.paused = nil
            return state.reader.take()
        }
        reader?.resume()
    }

    /// Waits for the head.
    func head() async throws(HTTPClientError) -> Head {
        while true {
            let (head, hasEnded, error) = state.withLock { ($0.head, $0.hasEnded, $0.error) }
            if let head { return head }
            if let error, hasEnded { throw error }
            await waitForChange { $0.head == nil && !$0.hasEnded }
        }
    }

    /// Waits for a part of the body; nil at its end.
    func next() async throws(HTTPClientError) -> [UInt8]? {
        while true {
            let (bytes, paused, hasEnded, error) = state.withLock { state in
                (exchange(&state.bytes, with: []), state.paused.take(), state.hasEnded, state.error)
            }
            if let paused { loop.resume(paused) }
            if !bytes.isEmpty { return bytes }
            if let error { throw error }
            if hasEnded { return nil }
            await waitForChange { $0.bytes.isEmpty && !$0.hasEnded }
        }
    }

    /// Waits until `finish` or `receive` changes something, unless `mustWait` is already false.
    private func waitForChange(_ mustWait: (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard mustWait(state) else { return false }
                state.reader = continuation
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }
}

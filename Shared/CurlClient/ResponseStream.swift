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
        /// The tasks that wait for a change.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private static let maximumBufferedBytes = 64 << 10

    private let loop: TransferLoop
    private let state = Mutex(State())

    init(loop: TransferLoop) { self.loop = loop }

    /// Begins the stream with the head.
    func begin(_ head: Head) { change { $0.head = head } }

    /// Adds a part of the body. Returns false when the stream is full; the part must then be delivered again later.
    func receive(_ part: UnsafeRawBufferPointer, of transfer: Transfer) -> Bool {
        change { state in
            guard state.bytes.isEmpty || state.bytes.count + part.count <= Self.maximumBufferedBytes else {
                state.paused = transfer
                return false
            }
            unsafe state.bytes.append(contentsOf: part)
            return true
        }
    }

    /// Ends the stream, after the whole body or with an error.
    func finish(_ error: HTTPClientError?) {
        change { state in
            state.hasEnded = true
            state.error = error
            // The transfer has this stream, so they would keep each other.
            state.paused = nil
        }
    }

    /// Changes the state, and resumes the tasks that wait for a change.
    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, waiting) = state.withLock { (body(&$0), exchange(&$0.waiting, with: [])) }
        for continuation in waiting { continuation.resume() }
        return result
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

    /// Waits for a change, unless `mustWait` is already false.
    private func waitForChange(_ mustWait: (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard mustWait(state) else { return false }
                state.waiting.append(continuation)
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }
}

import Synchronization

/// The part of a request body between the task that writes it and libcurl, which sends it. It holds one part at a time: the task
/// waits until libcurl has taken it.
final class RequestStream: Sendable {
    /// What libcurl gets when it asks for bytes.
    enum Reading {
        case bytes(count: Int)
        case nothingYet
        case failure
    }

    private struct State {
        var bytes: ArraySlice<UInt8> = []
        /// The transfer that waits for bytes.
        var paused: Transfer?
        var isComplete = false
        var hasFailed = false
        /// Whether libcurl takes no further bytes.
        var isClosed = false
        var writer: CheckedContinuation<Void, Never>?
    }

    /// The length of the body; nil when it is unknown.
    let length: Int?
    private let loop: TransferLoop
    private let state = Mutex(State())

    init(length: Int?, loop: TransferLoop) {
        self.length = length
        self.loop = loop
    }

    /// Copies bytes for libcurl. It gets no bytes at the end of the body.
    func read(into buffer: UnsafeMutableRawBufferPointer, of transfer: Transfer) -> Reading {
        let (reading, writer) = state.withLock { state -> (Reading, CheckedContinuation<Void, Never>?) in
            if state.hasFailed { return (.failure, nil) }
            let part = state.bytes.prefix(buffer.count)
            guard !part.isEmpty || state.isComplete else {
                state.paused = transfer
                return (.nothingYet, nil)
            }
            unsafe buffer.copyBytes(from: part)
            state.bytes = state.bytes.dropFirst(part.count)
            return (.bytes(count: part.count), state.bytes.isEmpty ? state.writer.take() : nil)
        }
        writer?.resume()
        return reading
    }

    /// Adds a part, and waits until libcurl has taken it. Returns false when libcurl takes no further bytes.
    func write(_ part: [UInt8]) async -> Bool {
        guard !part.isEmpty else { return !state.withLock { $0.isClosed } }
        change { $0.bytes = part[...] }
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard !state.bytes.isEmpty, !state.isClosed else { return false }
                state.writer = continuation
                return true
            }
            if !isWaiting { continuation.resume() }
        }
        return !state.withLock { $0.isClosed }
    }

    /// Ends the body.
    func complete() { change { $0.isComplete = true } }

    /// Makes the request fail, because its body cannot be written.
    func fail() { change { $0.hasFailed = true } }

    /// Lets a task that writes go on, after the end of the transfer.
    func close() {
        let writer = state.withLock { state in
            state.isClosed = true
            return state.writer.take()
        }
        writer?.resume()
    }

    /// Changes the state, and lets libcurl ask again if it waits.
    private func change(_ body: (inout State) -> Void) {
        let paused = state.withLock { state in
            body(&state)
            return state.paused.take()
        }
        if let paused { loop.resume(paused) }
    }
}

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

    /// Why the body is not sent to its end.
    enum Failure {
        /// The function that writes it has thrown an error.
        case writer
        /// It has more or fewer bytes than announced.
        case length
    }

    private struct State {
        var bytes: ArraySlice<UInt8> = []
        /// How many bytes may still be written; nil without a known length.
        var bytesLeft: Int?
        /// The transfer that waits for bytes.
        var paused: Transfer?
        var isComplete = false
        var failure: Failure?
        /// Whether libcurl takes no further bytes.
        var isClosed = false
        /// The tasks that wait until `bytes` is empty.
        var waiting: [CheckedContinuation<Void, Never>] = []

        var isWritable: Bool { !isClosed && failure == nil }
    }

    /// The length of the body; nil when it is unknown.
    let length: Int?
    private let loop: TransferLoop
    private let state: Mutex<State>

    init(length: Int?, loop: TransferLoop) {
        self.length = length
        self.loop = loop
        state = Mutex(State(bytesLeft: length))
    }

    /// Why the body is not sent to its end; nil without a failure.
    var failure: Failure? { state.withLock { $0.failure } }

    /// Copies bytes for libcurl. It gets no bytes at the end of the body.
    func read(into buffer: UnsafeMutableRawBufferPointer, of transfer: Transfer) -> Reading {
        let (reading, waiting) = state.withLock { state -> (Reading, [CheckedContinuation<Void, Never>]) in
            if state.failure != nil { return (.failure, []) }
            let part = state.bytes.prefix(buffer.count)
            guard !part.isEmpty || state.isComplete else {
                state.paused = transfer
                return (.nothingYet, [])
            }
            unsafe buffer.copyBytes(from: part)
            state.bytes = state.bytes.dropFirst(part.count)
            return (.bytes(count: part.count), state.bytes.isEmpty ? exchange(&state.waiting, with: []) : [])
        }
        for continuation in waiting { continuation.resume() }
        return reading
    }

    /// Adds a part, and waits until libcurl has taken it. Returns false when libcurl takes no further bytes.
    func write(_ part: [UInt8]) async -> Bool {
        // Another task may be writing too.
        while !add(part) { await waitUntilEmpty() }
        await waitUntilEmpty()
        return state.withLock { $0.isWritable }
    }

    /// Ends the body.
    func complete() {
        change { state in
            state.isComplete = true
            if state.isWritable, state.bytesLeft ?? 0 > 0 { state.failure = .length }
        }
    }

    /// Makes the request fail, because its body cannot be written.
    func fail() { change { $0.failure = .writer } }

    /// Lets tasks that write go on, after the end of the transfer.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            return exchange(&state.waiting, with: [])
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Adds a part, if the last one was taken. Returns false when the caller must wait for that.
    private func add(_ part: [UInt8]) -> Bool {
        change { state in
            guard state.isWritable else { return true }
            guard state.bytes.isEmpty else { return false }
            if let bytesLeft = state.bytesLeft {
                guard part.count <= bytesLeft else {
                    state.failure = .length
                    return true
                }
                state.bytesLeft = bytesLeft - part.count
            }
            state.bytes = part[...]
            return true
        }
    }

    private func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard !state.bytes.isEmpty, !state.isClosed else { return false }
                state.waiting.append(continuation)
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    /// Changes the state, and lets libcurl ask again if it waits.
    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, paused) = state.withLock { (body(&$0), $0.paused.take()) }
        if let paused { loop.resume(paused) }
        return result
    }
}

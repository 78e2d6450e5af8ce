import Glibc
import Synchronization

/// The client's thread, and the queue through which other threads send it commands.
final class TransferLoop: Sendable {
    private enum Command {
        case submit(Transfer)
        case cancel(Transfer)
    }

    private struct State {
        var commands: [Command] = []
        /// Whether the thread waits or is about to wait. If so, a change must wake it.
        var isAsleep = false
        /// Whether further commands are rejected.
        var isClosed = false
        /// The thread; nil before its start, and after it was joined or detached.
        var thread: pthread_t?
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: HTTPClient.Configuration
    private let state = Mutex(State())
    private let wakeup = WakeupEvent()

    init(configuration: HTTPClient.Configuration) { self.configuration = configuration }

    /// Runs a transfer to its end. Cancelling the task ends the transfer at once.
    func run(_ transfer: Transfer) async -> Transfer.End {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.begin(continuation)
                if !send(.submit(transfer)) { transfer.end(.shutDown) }
            }
        } onCancel: {
            _ = send(.cancel(transfer))
        }
    }

    /// Sends a command to the thread. Returns false when the loop is closed.
    private func send(_ command: Command) -> Bool {
        change { state in
            if !state.isClosed { state.commands.append(command) }
            return !state.isClosed
        }
    }

    /// Changes the state, and wakes the thread if it waits.
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, wasAsleep) = state.withLock { state in
            (body(&state), exchange(&state.isAsleep, with: false))
        }
        if wasAsleep { wakeup.signal() }
        return result
    }
}

// MARK: - Start and end of the thread

extension TransferLoop {
    /// Starts the thread, which retains the loop until it ends.
    func start() {
        let retained = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { loop in
                if let loop = unsafe loop { unsafe Unmanaged<TransferLoop>.fromOpaque(loop).takeRetainedValue().work() }
                return nil
            }, unsafe retained.toOpaque())
        guard code == 0 else { fatalError("the thread of the HTTP client cannot be started: error \(code)") }
        state.withLock { $0.thread = thread }
    }

    /// Makes the thread end, without waiting for it.
    func close() { change { $0.isClosed = true } }

    /// Waits until the thread has ended. Call `close` first.
    func join() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waitingForEnd.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
        if let thread = takeThread() { pthread_join(thread, nil) }
    }

    /// Detaches the thread: nobody waits for its end. Call `close` first.
    func detach() {
        if let thread = takeThread() { pthread_detach(thread) }
    }

    private func takeThread() -> pthread_t? { state.withLock { $0.thread.take() } }
}

// MARK: - Work of the thread

extension TransferLoop {
    private func work() {
        blockSignals()
        runTransfers()
        let waiting = state.withLock { state in
            state.hasEnded = true
            return exchange(&state.waitingForEnd, with: [])
        }
        for continuation in waiting { continuation.resume() }
    }

    private func runTransfers() {
        var engine = TransferEngine(configuration: configuration)
        var isOpen = true
        while isOpen {
            let commands: [Command]
            (commands, isOpen) = receive()
            for command in commands {
                switch command {
                case .submit(let transfer): engine.submit(transfer)
                case .cancel(let transfer): engine.cancel(transfer)
                }
            }
            engine.work()
            if mayWait() { engine.wait(for: wakeup) }
        }
        engine.endAll(.shutDown)
    }

    /// The commands since the last call, and whether more can follow.
    private func receive() -> ([Command], isOpen: Bool) {
        state.withLock { state in
            state.isAsleep = false
            return (exchange(&state.commands, with: []), !state.isClosed)
        }
    }

    /// Whether the thread may wait, because there is no command. If so, the next command must wake the thread.
    private func mayWait() -> Bool {
        state.withLock { state in
            state.isAsleep = state.commands.isEmpty && !state.isClosed
            return state.isAsleep
        }
    }

    /// Blocks all signals: other threads handle them, and SIGPIPE from a TLS write must not end the process.
    private func blockSignals() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}

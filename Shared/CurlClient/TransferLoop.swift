import Glibc
import Synchronization

/// The client's thread, and the mailbox by which all others speak to it.
final class TransferLoop: Sendable {
    private enum Command {
        case submit(Transfer)
        case cancel(Transfer)
    }

    private struct State {
        var commands: [Command] = []
        /// The thread waits, or is about to, and must be woken.
        var isAsleep = false
        /// No more commands are taken.
        var isClosed = false
        /// The thread, until someone has joined or detached it.
        var thread: pthread_t?
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: HTTPClient.Configuration
    private let state = Mutex(State())
    private let wakeup = WakeupEvent()

    init(configuration: HTTPClient.Configuration) { self.configuration = configuration }

    /// Runs a transfer to its end. Cancelling the task ends it at once.
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

    /// Whether the command was taken.
    private func send(_ command: Command) -> Bool {
        change { state in
            if !state.isClosed { state.commands.append(command) }
            return !state.isClosed
        }
    }

    /// Changes the state, and wakes the thread to see it.
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, wasAsleep) = state.withLock { state in
            (body(&state), exchange(&state.isAsleep, with: false))
        }
        if wasAsleep { wakeup.signal() }
        return result
    }
}

// MARK: - The thread's life

extension TransferLoop {
    /// Starts the thread, which keeps the loop alive until it ends.
    func start() {
        let me = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { me in
                if let me = unsafe me { unsafe Unmanaged<TransferLoop>.fromOpaque(me).takeRetainedValue().work() }
                return nil
            }, unsafe me.toOpaque())
        guard code == 0 else { fatalError("no thread for the HTTP client: error \(code)") }
        state.withLock { $0.thread = thread }
    }

    /// Has the thread end, without waiting for it.
    func close() { change { $0.isClosed = true } }

    /// Returns when the thread has ended, after `close`.
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

    /// Leaves the thread to end by itself, after `close`.
    func detach() {
        if let thread = takeThread() { pthread_detach(thread) }
    }

    private func takeThread() -> pthread_t? { state.withLock { $0.thread.take() } }
}

// MARK: - The thread's work

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

    /// The commands since the last time, and whether there will be more.
    private func receive() -> ([Command], isOpen: Bool) {
        state.withLock { state in
            state.isAsleep = false
            return (exchange(&state.commands, with: []), !state.isClosed)
        }
    }

    /// Whether there is nothing to receive. From then on the thread must be woken.
    private func mayWait() -> Bool {
        state.withLock { state in
            state.isAsleep = state.commands.isEmpty && !state.isClosed
            return state.isAsleep
        }
    }

    /// Signals are for other threads; and TLS writes to a closed connection must not end the process (SIGPIPE).
    private func blockSignals() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}

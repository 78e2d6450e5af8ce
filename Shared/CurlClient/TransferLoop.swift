import Glibc
import Synchronization

/// The client's thread, which waits for events and advances the transfers. Other threads start transfers on idle
/// connections themselves, and send the thread commands for all else.
final class TransferLoop: Sendable {
    private enum Command {
        case submit(Transfer)
        case resume(Transfer)
        case cancel(Transfer)
    }

    /// What other threads want from the client's thread.
    private struct Inbox {
        var commands: [Command] = []
        /// The jobs of tasks that prefer the client's thread as their executor.
        var jobs: [UnownedJob] = []
        /// Whether the thread waits or is about to wait. If so, a change must wake it.
        var isAsleep = false
        /// Whether further commands and jobs are rejected.
        var isClosed = false
        /// The thread; nil before its start, and after it was joined or detached.
        var thread: pthread_t?
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool { commands.isEmpty && jobs.isEmpty && !isClosed }
    }

    private static let maximumRoundsWithoutEvents = 8
    /// The number of jobs after which the requests that they have started are sent.
    private static let jobsBeforeSending = 8

    private let poll: EventPoll
    private let engine: Mutex<TransferEngine>
    private let inbox = Mutex(Inbox())

    init(configuration: HTTPClient.Configuration) {
        poll = EventPoll()
        engine = Mutex(TransferEngine(configuration: configuration, poll: poll))
    }

    /// Runs a transfer to its end. Cancelling the task ends the transfer at once.
    nonisolated(nonsending) func run(_ transfer: Transfer) async {
        await withTaskCancellationHandler {
            await unsafe withUnsafeContinuation { continuation in
                unsafe transfer.begin(continuation)
                // The request would be sent before the client's thread receives the command of `onCancel`.
                guard !Task.isCancelled else { return transfer.resume(.cancelled) }
                if !startHere(transfer), !send(.submit(transfer)) { transfer.resume(.shutDown) }
            }
        } onCancel: {
            _ = send(.cancel(transfer))
        }
    }

    /// Continues a transfer that waited for its streams.
    func resume(_ transfer: Transfer) { _ = send(.resume(transfer)) }

    /// Starts a transfer on the calling thread. Returns false when that would take more than some microseconds: another
    /// thread uses the engine, or there is no idle connection.
    private func startHere(_ transfer: Transfer) -> Bool {
        var ended: [TransferEngine.Ended] = []
        let result = engine.withLockIfAvailable { engine in
            guard engine.startOnIdleConnection(transfer) else { return (isStarted: false, mustEndWait: false) }
            engine.moveEnded(to: &ended)
            return (true, engine.mustEndWait)
        }
        guard let result, result.isStarted else { return false }
        if result.mustEndWait { change { _ in } }
        for (transfer, end) in ended { transfer.resume(end) }
        return true
    }

    /// Sends a command to the thread. Returns false when the loop is closed.
    private func send(_ command: Command) -> Bool {
        change { inbox in
            if !inbox.isClosed { inbox.commands.append(command) }
            return !inbox.isClosed
        }
    }

    /// Changes the inbox, and wakes the thread if it waits.
    @discardableResult
    private func change<Result: Sendable>(_ body: (inout Inbox) -> Result) -> Result {
        let (result, wasAsleep) = inbox.withLock { inbox in
            (body(&inbox), exchange(&inbox.isAsleep, with: false))
        }
        if wasAsleep { poll.wake() }
        return result
    }
}

// MARK: - Jobs of tasks

extension TransferLoop: TaskExecutor {
    /// Runs a job on the thread; after its end, on Swift's own threads.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAccepted = change { inbox in
            if !inbox.isClosed { inbox.jobs.append(job) }
            return !inbox.isClosed
        }
        if !isAccepted { globalConcurrentExecutor.enqueue(job) }
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
        inbox.withLock { $0.thread = thread }
    }

    /// Makes the thread end, without waiting for it.
    func close() { change { $0.isClosed = true } }

    /// Waits until the thread has ended. Call `close` first.
    func join() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                if !inbox.hasEnded { inbox.waitingForEnd.append(continuation) }
                return inbox.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
        if let thread = takeThread() { pthread_join(thread, nil) }
    }

    /// Detaches the thread: nobody waits for its end. Call `close` first.
    func detach() {
        if let thread = takeThread() { pthread_detach(thread) }
    }

    private func takeThread() -> pthread_t? { inbox.withLock { $0.thread.take() } }
}

// MARK: - Work of the thread

extension TransferLoop {
    private func work() {
        blockSignals()
        runTransfers()
        let waiting = inbox.withLock { inbox in
            inbox.hasEnded = true
            return exchange(&inbox.waitingForEnd, with: [])
        }
        for continuation in waiting { continuation.resume() }
    }

    private func runTransfers() {
        let executor = unsafe asUnownedTaskExecutor()
        engine.withLock { $0.thread = pthread_self() }
        var (commands, jobs) = ([Command](), [UnownedJob]())
        var ready: [EventPoll.Readiness] = []
        var ended: [TransferEngine.Ended] = []
        var roundsWithoutEvents = 0
        while true {
            let isIdle = receive(&commands, &jobs)
            if !commands.isEmpty { lockEngine(&ended) { engine in Self.obey(commands, &engine) } }
            for (index, job) in jobs.enumerated() {
                unsafe job.runSynchronously(on: executor)
                if (index + 1).isMultiple(of: Self.jobsBeforeSending) || index + 1 == jobs.count {
                    lockEngine(&ended) { $0.runStarted() }
                }
            }
            // Jobs often make further jobs. These are worth some rounds without a system call.
            roundsWithoutEvents += 1
            guard isIdle || roundsWithoutEvents > Self.maximumRoundsWithoutEvents else { continue }
            roundsWithoutEvents = 0
            guard wait(isIdle: isIdle, into: &ready) else { break }
            lockEngine(&ended) { $0.work(ready) }
        }
        _ = receive(&commands, &jobs)
        lockEngine(&ended) { engine in
            Self.obey(commands, &engine)
            engine.shutDown()
        }
        for job in jobs { unsafe job.runSynchronously(on: executor) }
    }

    /// Changes the engine, and then resumes the callers of the transfers that have ended. `ended` is empty memory for them.
    private func lockEngine(_ ended: inout [TransferEngine.Ended], _ body: (inout TransferEngine) -> Void) {
        engine.withLock { engine in
            body(&engine)
            engine.moveEnded(to: &ended)
        }
        for (transfer, end) in ended { transfer.resume(end) }
        ended.removeAll(keepingCapacity: true)
    }

    private static func obey(_ commands: [Command], _ engine: inout TransferEngine) {
        for command in commands {
            switch command {
            case .submit(let transfer): engine.submit(transfer)
            case .resume(let transfer): engine.resume(transfer)
            case .cancel(let transfer): engine.cancel(transfer)
            }
        }
    }

    /// Replaces the lists with the commands and jobs since the last call. Returns whether there are none; then the next one
    /// must wake the thread.
    private func receive(_ commands: inout [Command], _ jobs: inout [UnownedJob]) -> Bool {
        commands.removeAll(keepingCapacity: true)
        jobs.removeAll(keepingCapacity: true)
        return inbox.withLock { inbox in
            inbox.isAsleep = inbox.isEmpty
            swap(&inbox.commands, &commands)
            swap(&inbox.jobs, &jobs)
            return inbox.isAsleep
        }
    }

    /// Waits for events if there is nothing else to do. Returns whether the loop is open.
    private func wait(isIdle: Bool, into ready: inout [EventPoll.Readiness]) -> Bool {
        poll.wait(milliseconds: isIdle ? engine.withLock { $0.beginWait() } : 0, into: &ready)
        return inbox.withLock { inbox in
            inbox.isAsleep = false
            return !inbox.isClosed
        }
    }

    /// Blocks all signals: other threads handle them, and SIGPIPE from a TLS write must not end the process.
    private func blockSignals() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}

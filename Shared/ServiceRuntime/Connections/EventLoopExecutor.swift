import NIOCore
import Synchronization

/// Runs the tasks of the connections of an event loop on it, so a request takes no turn on another thread.
///
/// Such a task must never block: it would delay all connections of the event loop.
///
/// An event loop runs everything that it has been given before it looks at its sockets again. In an overload, this would take
/// seconds, and new requests would wait unread, even for their rejection. So the executor runs tasks for `turnTime` and then
/// lets the event loop look at its sockets.
///
/// Work that has begun goes first, and new work begins when no task waits. So in an overload requests wait before they begin,
/// where a rejection costs little, and not again after each step.
///
/// New work begins in its order. In an overload the newest begins first, because the callers of the oldest will soon have waited
/// too long. So what begins has waited briefly, and the rest ends in time (B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015).
final class EventLoopExecutor: TaskExecutor {
    private static let turnTime = TimeAmount.milliseconds(10)
    /// The shortest time for which an event loop looks at its sockets.
    private static let pause = TimeAmount.microseconds(200)

    private struct State {
        /// The jobs that no turn has taken.
        var jobs: [UnownedJob] = []
        /// Whether the event loop runs jobs, or is about to.
        var isRunning = false
    }

    /// Work that has not begun.
    private struct NewWork {
        let since = NIODeadline.now()
        let begin: (_ delay: TimeAmount) -> Void
    }

    let eventLoop: any EventLoop
    private let state = Mutex(State())
    private let newWork: NIOLoopBoundBox<CircularBuffer<NewWork>>
    private let limits: ConnectionLimits
    private let hasRoom: @Sendable () -> Bool

    /// - Parameter hasRoom: Whether new work may begin. While it is false, new work waits, even if the event loop is idle.
    init(
        _ eventLoop: any EventLoop, limits: ConnectionLimits = ConnectionLimits(),
        hasRoom: @escaping @Sendable () -> Bool = { true }
    ) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.hasRoom = hasRoom
        newWork = .makeBoxSendingValue(CircularBuffer(), eventLoop: eventLoop)
    }

    /// How long the oldest new work has waited by now. Call this on the event loop.
    var delay: TimeAmount { newWork.value.first.map { .now() - $0.since } ?? .zero }

    /// Begins new work as soon as no task waits and there is room, or when it has waited for longer than `maximumQueueTime`. It
    /// must end soon then. Call this on the event loop.
    func whenIdle(_ begin: @escaping (_ delay: TimeAmount) -> Void) {
        let hasRoom = hasRoom()
        let wasRunning = state.withLock { state in
            defer { state.isRunning = state.isRunning || !hasRoom }
            return state.isRunning
        }
        guard wasRunning || !hasRoom else { return begin(.zero) }
        newWork.value.append(NewWork(begin: begin))
        if !wasRunning { runLater([]) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasRunning = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return state.isRunning
        }
        if !wasRunning { eventLoop.execute { self.run([]) } }
    }

    /// Runs jobs, those of an earlier turn first. If there are always jobs, each turn begins some new work.
    ///
    /// - Parameter pausedAt: When an earlier turn let the event loop look at its sockets. The turn takes at least as long as that
    ///   took, and new work that has waited too long gets at most half of it. So a quarter of the time stays for the rest.
    private func run(_ jobs: ArraySlice<UnownedJob>, pausedAt: NIODeadline? = nil) {
        let start = NIODeadline.now()
        let time = max(Self.turnTime, pausedAt.map { start - $0 } ?? .zero)
        let end = start + time
        var jobs = jobs
        endLateWork(until: start + .nanoseconds(time.nanoseconds / 2))
        while NIODeadline.now() < end {
            if let job = jobs.popFirst() {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            } else if !takeJobs(&jobs) {
                guard !newWork.value.isEmpty else { return }
                guard hasRoom() else { break }
                beginNext()
            }
        }
        if hasRoom() { beginNext() }
        runLater(jobs)
    }

    /// Runs jobs after the event loop has looked at its sockets.
    private func runLater(_ jobs: ArraySlice<UnownedJob>) {
        let now = NIODeadline.now()
        eventLoop.scheduleTask(in: Self.pause) { self.run(jobs, pausedAt: now) }
    }

    /// Replaces `jobs` by those that have arrived. Returns false if there are none.
    private func takeJobs(_ jobs: inout ArraySlice<UnownedJob>) -> Bool {
        let hasNewWork = !newWork.value.isEmpty
        return state.withLock { state in
            jobs = state.jobs[...]
            state.jobs = []
            state.isRunning = !jobs.isEmpty || hasNewWork
            return !jobs.isEmpty
        }
    }

    /// Begins the new work whose turn it is.
    private func beginNext() {
        let isOverloaded = delay > limits.tolerableQueueTime
        guard let work = isOverloaded ? newWork.value.popLast() : newWork.value.popFirst() else { return }
        work.begin(.now() - work.since)
    }

    /// Begins the new work that has waited too long. It ends soon then.
    private func endLateWork(until end: NIODeadline) {
        while delay > limits.maximumQueueTime, NIODeadline.now() < end, let work = newWork.value.popFirst() {
            work.begin(.now() - work.since)
        }
    }
}

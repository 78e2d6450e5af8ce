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
final class EventLoopExecutor: TaskExecutor {
    private static let turnTime = TimeAmount.milliseconds(10)
    /// The shortest time for which an event loop looks at its sockets.
    private static let pause = TimeAmount.microseconds(50)

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

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        newWork = .makeBoxSendingValue(CircularBuffer(), eventLoop: eventLoop)
    }

    /// Whether new work would begin at once.
    var isIdle: Bool { !state.withLock { $0.isRunning } }

    /// How long new work has waited by now. Call this on the event loop.
    var delay: TimeAmount { newWork.value.first.map { .now() - $0.since } ?? .zero }

    /// Begins new work as soon as no task waits, after the new work of earlier calls. Call this on the event loop.
    func whenIdle(_ begin: @escaping (_ delay: TimeAmount) -> Void) {
        guard !isIdle else { return begin(.zero) }
        newWork.value.append(NewWork(begin: begin))
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
    private func run(_ jobs: ArraySlice<UnownedJob>) {
        let end = NIODeadline.now() + Self.turnTime
        var jobs = jobs
        while NIODeadline.now() < end {
            if let job = jobs.popFirst() {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            } else if !takeJobs(&jobs) {
                guard beginNext() else { return }
            }
        }
        beginNext()
        eventLoop.scheduleTask(in: Self.pause) { [jobs] in self.run(jobs) }
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

    /// Begins the new work that has waited longest. Returns false if there is none.
    @discardableResult
    private func beginNext() -> Bool {
        guard let work = newWork.value.popFirst() else { return false }
        work.begin(.now() - work.since)
        return true
    }
}

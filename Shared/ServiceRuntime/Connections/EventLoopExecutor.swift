import NIOCore
import Synchronization

/// Runs the tasks of the connections of an event loop on it, so a request takes no turn on another thread.
///
/// Such a task must never block: it would delay all connections of the event loop.
///
/// An event loop runs everything that it has been given before it looks at its sockets again. In an overload, this would take
/// seconds, and new requests would wait unread, even for their rejection. So the executor runs tasks for `turnTime` and then
/// lets the event loop look at its sockets.
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

    let eventLoop: any EventLoop
    private let state = Mutex(State())

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
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

    /// Runs jobs, those of an earlier turn first.
    private func run(_ jobs: [UnownedJob]) {
        let end = NIODeadline.now() + Self.turnTime
        var jobs = jobs
        repeat {
            for (index, job) in jobs.enumerated() {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
                guard NIODeadline.now() > end else { continue }
                let rest = Array(jobs[(index + 1)...])
                eventLoop.scheduleTask(in: Self.pause) { self.run(rest) }
                return
            }
        } while takeJobs(&jobs)
    }

    /// Replaces `jobs` by those that have arrived. Returns false if there are none.
    private func takeJobs(_ jobs: inout [UnownedJob]) -> Bool {
        jobs.removeAll(keepingCapacity: true)
        return state.withLock { state in
            swap(&jobs, &state.jobs)
            state.isRunning = !jobs.isEmpty
            return state.isRunning
        }
    }
}

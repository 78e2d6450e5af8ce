internal import Foundation
import Synchronization

/// The threads on which databases read, so a slow disk delays no other thread of the process.
///
/// A thread starts when work waits and no thread is idle, up to `maximumCount`. Further work waits in the order of its
/// arrival.
final class DatabaseThreads: TaskExecutor {
    private static let threads = Mutex<DatabaseThreads?>(nil)

    /// The threads of the process. They never end, so no task can outlive its executor.
    static var shared: DatabaseThreads {
        get throws(DatabaseError) {
            try threads.withLock { threads throws(DatabaseError) in
                if let threads { return threads }
                let new = try DatabaseThreads()
                threads = new
                return new
            }
        }
    }
    static let maximumCount = 8

    private struct State {
        var jobs: [UnownedJob] = []
        /// The signals of the idle threads. The last one to become idle is the first to work again.
        var idle: [DispatchSemaphore] = []
        /// The number of threads, with the first one.
        var count = 1
        /// Whether a thread is on its way to take a job. It wakes the next thread if it leaves jobs behind.
        var isWaking = true
    }

    /// How a further thread comes to work.
    private enum WakeUp {
        case signal(DispatchSemaphore)
        case start
    }

    private let state = Mutex(State())

    /// Starts the first thread, so there is always one that takes the jobs.
    ///
    /// - Throws: `DatabaseError` with code `unavailable` if the system cannot start it.
    init() throws(DatabaseError) {
        try DetachedThread.start { self.work() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wakeUp = state.withLock { state in
            state.jobs.append(job)
            return Self.nextWakeUp(&state)
        }
        perform(wakeUp)
    }

    private static func nextWakeUp(_ state: inout State) -> WakeUp? {
        guard !state.isWaking, !state.jobs.isEmpty else { return nil }
        if let idle = state.idle.popLast() {
            state.isWaking = true
            return .signal(idle)
        }
        guard state.count < maximumCount else { return nil }
        state.count += 1
        state.isWaking = true
        return .start
    }

    private func perform(_ wakeUp: WakeUp?) {
        switch wakeUp {
        case .signal(let idle): idle.signal()
        case .start: startThread()
        case nil: break
        }
    }

    /// Starts a further thread. If the system cannot, those that run take the jobs. One that became idle meanwhile has to be
    /// woken, because a job that arrived meanwhile relied on the new thread.
    private func startThread() {
        do throws(DatabaseError) {
            try DetachedThread.start { self.work() }
        } catch {
            let idle: DispatchSemaphore? = state.withLock { state in
                state.count -= 1
                let idle = state.jobs.isEmpty ? nil : state.idle.popLast()
                state.isWaking = idle != nil
                return idle
            }
            idle?.signal()
        }
    }

    /// Runs jobs on the current thread.
    private func work() -> Never {
        let signal = DispatchSemaphore(value: 0)
        var wasWoken = true
        while true {
            let (job, wakeUp) = state.withLock { state in
                if wasWoken { state.isWaking = false }
                guard !state.jobs.isEmpty else {
                    state.idle.append(signal)
                    return (UnownedJob?.none, WakeUp?.none)
                }
                let job = state.jobs.removeFirst()
                return (job, Self.nextWakeUp(&state))
            }
            perform(wakeUp)
            wasWoken = job == nil
            if let job {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            } else {
                signal.wait()
            }
        }
    }
}

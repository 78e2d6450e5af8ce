internal import Foundation
import Synchronization

/// A thread that runs the jobs of one actor. A job may block it, which the threads of Swift concurrency do not allow.
final class WorkerThread: SerialExecutor {
    private let queue = JobQueue()

    /// Starts the thread. It ends when the last reference to this object is released.
    ///
    /// - Throws: `DatabaseError` with code `unavailable` if the system cannot start it.
    init(name: String) throws(DatabaseError) {
        try DetachedThread.start(name: name) { [queue] in
            while let entry = queue.next() { entry.run() }
        }
    }

    deinit { queue.add(nil) }

    func enqueue(_ job: consuming ExecutorJob) {
        queue.add(unsafe JobQueue.Entry(UnownedJob(job), on: asUnownedSerialExecutor()))
    }
}

/// The jobs that wait for a thread. Nil ends the thread.
private final class JobQueue: Sendable {
    @safe struct Entry: Sendable {
        private let job: UnownedJob
        private let executor: UnownedSerialExecutor

        init(_ job: UnownedJob, on executor: UnownedSerialExecutor) {
            self.job = job
            unsafe self.executor = unsafe executor
        }

        func run() {
            unsafe job.runSynchronously(on: executor)
        }
    }

    private let entries = Mutex<[Entry?]>([])
    private let count = DispatchSemaphore(value: 0)

    func add(_ entry: Entry?) {
        entries.withLock { $0.append(entry) }
        count.signal()
    }

    func next() -> Entry? {
        count.wait()
        return entries.withLock { $0.removeFirst() }
    }
}

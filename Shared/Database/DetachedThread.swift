internal import Foundation

/// A thread that runs one closure and then ends. `Thread` of Foundation does not tell whether its thread has started.
enum DetachedThread {
    /// Starts the thread.
    ///
    /// - Parameter name: The name in the list of threads, of at most 15 bytes; nil for the name of the process.
    /// - Throws: `DatabaseError` with code `unavailable` if the system has no memory or number for another thread.
    static func start(name: String? = nil, _ work: @escaping @Sendable () -> Void) throws(DatabaseError) {
        let retained = unsafe Unmanaged.passRetained(Work(name: name, run: work))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { work in
                if let work = unsafe work { unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().start() }
                return nil
            }, unsafe retained.toOpaque())
        guard code == 0 else {
            unsafe retained.release()
            let reason = unsafe String(cString: strerror(code))
            throw DatabaseError(
                .unavailable, "Cannot start a thread (\(reason)): raise the limits of processes and memory")
        }
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        private let name: String?
        private let run: @Sendable () -> Void

        init(name: String?, run: @escaping @Sendable () -> Void) {
            (self.name, self.run) = (name, run)
        }

        func start() {
            if let name { Thread.current.name = name }
            run()
        }
    }
}

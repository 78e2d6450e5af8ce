public import Foundation
import Synchronization

extension Process {
    /// Starts the process while no other one starts. Tests call this instead of `run()`.
    ///
    /// Foundation detects the end of a process by a socket that closes with it. A process that starts at the same
    /// moment inherits the socket. Foundation then notices the end of the first process only after the end of the
    /// second.
    public func launchAlone() throws {
        try Self.oneAtATime.withLock { _ in try run() }
    }

    private static let oneAtATime = Mutex(())
}

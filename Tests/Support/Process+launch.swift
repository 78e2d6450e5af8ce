public import Foundation
import Synchronization

extension Process {
    /// Starts the process while no other one starts. To be used by all tests in place of `run()`.
    ///
    /// Foundation learns of the end of a process from a socket that closes with it. A process that starts at the same moment
    /// inherits that socket, and then the end of the one goes unnoticed until the other has ended as well.
    public func launchAlone() throws {
        try Self.oneAtATime.withLock { _ in try run() }
    }

    private static let oneAtATime = Mutex(())
}

internal import Foundation
import Synchronization

/// An attempt to connect to a server. It has a thread, because libpq blocks it while it looks up the name of the host, and
/// then for `connect_timeout` for each address.
///
/// The attempt goes on when nobody waits for it, so a later transaction can use its connection.
final class PostgreSQLConnectionAttempt: Sendable {
    /// How often a waiting thread looks whether its task was cancelled.
    private static let pause = DispatchTimeInterval.milliseconds(50)

    private let ending = Mutex<Result<PostgreSQLConnection, DatabaseError>?>(nil)
    private let end = DispatchSemaphore(value: 0)

    /// Starts the attempt. It ends at once with an error if the system cannot start a thread.
    init(_ url: PostgreSQLURL) {
        do throws(DatabaseError) {
            try DetachedThread.start { [self] in
                // The lock delays nobody, because `outcome(until:)` needs it only after the end.
                ending.withLock { outcome in
                    do throws(DatabaseError) {
                        outcome = .success(try PostgreSQLConnection(url))
                    } catch {
                        outcome = .failure(error)
                    }
                }
                end.signal()
            }
        } catch {
            ending.withLock { $0 = .failure(error) }
            end.signal()
        }
    }

    /// Waits for the end of the attempt.
    ///
    /// - Returns: The connection or the error; nil if the deadline passes or the task is cancelled before. Only one call gets
    ///   the connection.
    func outcome(until deadline: ContinuousClock.Instant) -> Result<PostgreSQLConnection, DatabaseError>? {
        while end.wait(timeout: .now() + Self.pause) == .timedOut {
            guard deadline > .now, !Task.isCancelled else { return nil }
        }
        return ending.withLock { $0.take() }
    }
}

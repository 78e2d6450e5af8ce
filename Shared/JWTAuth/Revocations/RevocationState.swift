// Revocations: tokens that are rejected although they are signed and have not expired. The authenticator asks only
// `RevocationState`, which is in memory and does no I/O. `RevocationFollower` keeps it up to date from login's feed,
// and saves it to a `RevocationFile` for the next start. So a request never waits for login or for the disk.

import Foundation
import JWT
public import ServiceRuntime
import Synchronization

/// The revocations that a service knows, and the time of login's last response.
public final class RevocationState: Sendable {
    /// A copy of the state, which a file can keep.
    struct Snapshot: Sendable {
        var position: RevocationPage.Position
        /// The time of login's last response.
        var lastContact: Date
        var entries: [Revocation]
    }

    private struct Progress {
        /// Nil until the beginning of the feed was read.
        var position: RevocationPage.Position?
        /// The time of login's last response.
        var lastContact: Date?
        /// Whether the list had no room for all revocations.
        var isOverfull = false
    }

    private let list: RevocationList
    private let maximumAgeSeconds: Int?
    private let clock: WallClock
    private let createdAt: Date
    private let progress = Mutex(Progress())

    private static let degradedAfterSeconds = 60.0

    /// Creates the state of a service that knows of no revocation yet.
    public convenience init(_ settings: RevocationSettings, clock: WallClock) {
        self.init(settings, list: RevocationList(), clock: clock)
    }

    init(_ settings: RevocationSettings, list: RevocationList, clock: WallClock) {
        self.list = list
        self.clock = clock
        maximumAgeSeconds = settings.maximumAgeSeconds
        createdAt = clock.now()
    }
}

// MARK: - For the authenticator

extension RevocationState {
    /// Whether the token is known to be revoked.
    func isRevoked(_ token: VerifiedToken) -> Bool {
        list.isRevoked(token)
    }

    /// Whether too little is known to accept any token: the list is older than `REVOCATIONS_MAX_AGE`, or overfull.
    var isStale: Bool {
        let (lastContact, isOverfull) = progress.withLock { ($0.lastContact, $0.isOverfull) }
        guard !isOverfull else { return true }
        guard let maximumAgeSeconds else { return false }
        return lastContact.map { clock.now().timeIntervalSince($0) > Double(maximumAgeSeconds) } ?? true
    }

    /// The check for `/readyz`: degraded when the list is overfull, or login has not responded for more than a minute.
    public var readiness: Readiness.Check {
        Readiness.Check("revocations") {
            let (lastContact, isOverfull) = self.progress.withLock { ($0.lastContact, $0.isOverfull) }
            if isOverfull {
                return .degraded("more tokens are revoked than the list can hold; all tokens are rejected")
            }
            guard let lastContact else { return .degraded("login has not answered yet") }
            let age = self.clock.now().timeIntervalSince(lastContact)
            guard age > Self.degradedAfterSeconds else { return .ready }
            return .degraded("login has not answered for \(Int(age)) s")
        }
    }
}

// MARK: - For the follower

extension RevocationState {
    /// The position up to which the feed was read; nil until its beginning was read.
    var position: RevocationPage.Position? { progress.withLock { $0.position } }

    /// The time since login's last response, or since the start when there was none.
    var ageSeconds: TimeInterval { clock.now().timeIntervalSince(progress.withLock { $0.lastContact } ?? createdAt) }

    /// The number of revocations.
    var count: Int { list.count }

    /// A copy of the whole state; nil until the beginning of the feed was read.
    var snapshot: Snapshot? {
        let (position, lastContact) = progress.withLock { ($0.position, $0.lastContact) }
        guard let position, let lastContact else { return nil }
        return Snapshot(position: position, lastContact: lastContact, entries: list.entries)
    }

    /// Adds a page that login has just sent.
    ///
    /// - Returns: false when the list has no room for the whole page. The position then does not change, and the
    ///   authenticator rejects every token until a page fits.
    func add(_ page: RevocationPage) -> Bool {
        let isComplete = list.add(page.entries)
        progress.withLock { progress in
            progress.isOverfull = !isComplete
            guard isComplete else { return }
            progress.position = page.position
            progress.lastContact = clock.now()
        }
        return isComplete
    }

    /// Adds the state that a service saved before it stopped.
    func restore(_ snapshot: Snapshot) {
        let isComplete = list.add(snapshot.entries)
        removeExpired()
        progress.withLock { progress in
            progress.isOverfull = !isComplete
            progress.position = isComplete ? snapshot.position : nil
            progress.lastContact = min(snapshot.lastContact, clock.now())
        }
    }

    /// Removes the revocations that have expired. Only the task that adds pages may call this.
    func removeExpired() {
        list.removeExpired(at: clock.second)
    }
}

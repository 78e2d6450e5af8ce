// Revocations: tokens that are rejected although they are signed and have not expired. The authenticator asks only
// `RevocationState`, which is in memory and does no I/O. `RevocationFollower` keeps it up to date from login's feed,
// and saves it to a `RevocationFile` for the next start. So a request never waits for login or for the disk.

import Foundation
import JWT
public import ServiceRuntime
import Synchronization

/// The revocations that a service knows, and the time of its last contact with login.
///
/// Contact means that login has sent everything it had to tell. A full page is not contact, because more follows.
public final class RevocationState: Sendable {
    /// A copy of the state, which a file can keep.
    struct Snapshot: Sendable {
        var position: RevocationPage.Position
        var lastContact: Contact
        /// Each revocation with the time for which the list still keeps it, whatever the date.
        var entries: [(revocation: Revocation, left: Duration)]
        /// See `Progress.forgottenUntil`.
        var forgottenUntil: NumericDate
    }

    /// A contact with login.
    struct Contact: Sendable, Equatable {
        var date: Date
        /// The run of the machine, and the time since its start.
        var bootID: String
        var uptime: Duration
    }

    /// The reason why a service knows too little to accept any token.
    enum Gap: Sendable, Equatable {
        /// The list had no room for all revocations.
        case overfull
        /// The feed has a revocation of a kind that this version does not know.
        case unknownKind
        /// The date went back behind the expiry of forgotten revocations. It lasts until the feed was read again.
        case clockSetBack

        /// The reason, for people.
        var description: String {
            switch self {
            case .overfull: "more tokens are revoked than the list can hold"
            case .unknownKind: "login revokes tokens in a way that this version does not know; update the service"
            case .clockSetBack: "the clock was set back, and the revocations must be read again"
            }
        }
    }

    fileprivate struct Progress {
        /// Nil until the beginning of the feed was read.
        var position: RevocationPage.Position?
        var lastContact: Contact?
        /// The gap that the last page left.
        var gap: Gap?
        /// Whether the feed is read again from its beginning, after the date went back.
        var isReadingAgain = false
        /// The latest expiry of the revocations that the list had and removed. Before this date, one of their tokens
        /// could be accepted.
        var forgottenUntil = NumericDate(seconds: .min)
    }

    private let list: RevocationList
    private let maximumAge: Duration?
    private let clock: WallClock
    private let createdAt: Duration
    private let progress = Mutex(Progress())

    private static let degradedAfter = Duration.seconds(60)
    /// The maximum time for which an entry is kept, whatever the date: as long as any access token may be accepted.
    private static let maximumLifetimeSeconds =
        TokenType.maximumAccessLifetimeSeconds + WallClock.maximumErrorSeconds

    /// Creates the state of a service that knows of no revocation yet.
    public convenience init(_ settings: RevocationSettings, clock: WallClock) {
        self.init(settings, list: RevocationList(), clock: clock)
    }

    init(_ settings: RevocationSettings, list: RevocationList, clock: WallClock) {
        self.list = list
        self.clock = clock
        maximumAge = settings.maximumAgeSeconds.map { .seconds($0) }
        createdAt = clock.steady.now()
    }
}

// MARK: - For the authenticator

extension RevocationState {
    /// Whether the token is known to be revoked.
    func isRevoked(_ token: VerifiedToken) -> Bool {
        list.isRevoked(token)
    }

    /// Whether too little is known to accept any token: the list has a gap, or is older than `REVOCATIONS_MAX_AGE`.
    ///
    /// - Parameter now: The time at which the token was verified.
    func isStale(at now: NumericDate) -> Bool {
        let (gap, lastContact) = progress.withLock { ($0.gap(at: now), $0.lastContact) }
        guard gap == nil else { return true }
        guard let maximumAge else { return false }
        return lastContact.map { clock.steady.now() - $0.uptime > maximumAge } ?? true
    }

    /// The check for `/readyz`: degraded when the list has a gap, or the last contact with login is more than a minute
    /// ago.
    public var readiness: Readiness.Check {
        Readiness.Check("revocations") {
            let (gap, lastContact) = self.progress.withLock { ($0.gap(at: self.clock.second), $0.lastContact) }
            if let gap { return .degraded("\(gap.description); all tokens are rejected") }
            guard let lastContact else { return .degraded("login has not responded yet") }
            let age = self.clock.steady.now() - lastContact.uptime
            guard age > Self.degradedAfter else { return .ready }
            return .degraded("login has not responded for \(Int(age.inSeconds)) s")
        }
    }
}

extension RevocationState.Progress {
    /// The gap of the list at the date `now`.
    fileprivate func gap(at now: NumericDate) -> RevocationState.Gap? {
        gap ?? (isReadingAgain || now < forgottenUntil ? .clockSetBack : nil)
    }
}

// MARK: - For the follower

extension RevocationState {
    /// The position up to which the feed was read; nil until its beginning was read.
    var position: RevocationPage.Position? { progress.withLock { $0.position } }

    /// The seconds since the last contact with login, or since the start when there was none.
    var ageSeconds: TimeInterval {
        (clock.steady.now() - (progress.withLock { $0.lastContact?.uptime } ?? createdAt)).inSeconds
    }

    /// The number of revocations.
    var count: Int { list.count }

    /// The gap of the list; nil when the list is whole.
    var gap: Gap? { progress.withLock { $0.gap(at: clock.second) } }

    /// A copy of the whole state; nil until the beginning of the feed was read.
    var snapshot: Snapshot? {
        let (progress, now) = (progress.withLock { $0 }, clock.steady.now())
        guard let position = progress.position, let lastContact = progress.lastContact else { return nil }
        return Snapshot(
            position: position, lastContact: lastContact,
            entries: list.entries.map { ($0.revocation, max(.zero, $0.keptUntil - now)) },
            forgottenUntil: progress.forgottenUntil)
    }

    /// Makes the follower read the feed from its beginning. The service rejects all tokens until it was read.
    func readAgain() {
        progress.withLock { progress in
            progress.position = nil
            progress.isReadingAgain = true
            progress.forgottenUntil = NumericDate(seconds: .min)
        }
    }

    /// Adds a page that login has just sent.
    ///
    /// - Returns: false when the list has no room for the whole page, or the page has revocations of an unknown kind. The
    ///   position then does not change, and the authenticator rejects every token until a page can be added as a whole.
    func add(_ page: RevocationPage) -> Bool {
        let now = (date: clock.second, steady: clock.steady.now())
        let signedAt = page.issuedAt ?? now.date
        let entries = page.entries.map { revocation in
            let lifetime = min(max(0, revocation.expiresAt - signedAt), Self.maximumLifetimeSeconds)
            return RevocationList.Entry(revocation: revocation, keptUntil: now.steady + .seconds(lifetime))
        }
        let expired = entries.filter { $0.isExpired(at: now) }.map(\.revocation.expiresAt).max()
        let hasRoom = list.add(entries.lazy.filter { !$0.isExpired(at: now) })
        let isKnown = page.unknownKindsUntil.map { $0 <= min(now.date, signedAt) } ?? true
        progress.withLock { progress in
            progress.forget(until: expired)
            progress.gap = hasRoom ? (isKnown ? nil : .unknownKind) : .overfull
            guard hasRoom, isKnown else { return }
            progress.position = page.position
            guard !page.isFull else { return }
            progress.isReadingAgain = false
            progress.lastContact = Contact(
                date: clock.now(), bootID: clock.steady.bootID, uptime: clock.steady.now())
        }
        return hasRoom && isKnown
    }

    /// Adds the state that a service saved before it stopped.
    ///
    /// Entries are kept as long as if the service had not stopped, or longer. A contact of another run of the machine
    /// does not count, because its age is unknown.
    func restore(_ snapshot: Snapshot) {
        let now = clock.steady.now()
        let isComplete = list.add(
            snapshot.entries.map { .init(revocation: $0.revocation, keptUntil: now + $0.left) })
        progress.withLock { progress in
            progress.gap = isComplete ? nil : .overfull
            progress.position = isComplete ? snapshot.position : nil
            progress.forgottenUntil = snapshot.forgottenUntil
            let contact = snapshot.lastContact
            progress.lastContact = contact.bootID == clock.steady.bootID && contact.uptime <= now ? contact : nil
        }
        removeExpired()
    }

    /// Removes the revocations that have expired. Only the task that adds pages may call this.
    func removeExpired() {
        let expired = list.removeExpired(at: (clock.second, clock.steady.now()))
        progress.withLock { $0.forget(until: expired) }
    }
}

extension RevocationState.Progress {
    /// Notes that the list no longer has revocations that expire by `date`.
    fileprivate mutating func forget(until date: NumericDate?) {
        forgottenUntil = max(forgottenUntil, date ?? forgottenUntil)
    }
}

import Foundation
import HTTPTypes
import ServiceRuntime
import Synchronization

/// Makes guessing passwords slow without giving strangers the power to lock an owner out.
///
/// Failures are counted for each pair of name and address. After a few free ones the pair has to wait after each failure:
/// 1 s, 2 s, 4 s, up to a minute. Only a pair's own attempts can prolong its wait, so whoever fails at someone's name
/// from elsewhere does not stop the owner.
///
/// - Many failures of one name, from wherever, take the free failures away from every pair of that name. The first
///   attempt of a pair is always let in.
/// - Many failures of one address, at whatever names, make the address wait in the same way: that stops trying one
///   password at many names. Pairs that have signed in before are exempt, so that they do not suffer from a neighbour.
/// - An attempt of a pair or address that has used up its free failures begins its next wait when it is let in, not when
///   it has failed: many at once are no faster than one after the other.
///
/// The address is that of the connection's other end; of an IPv6 address its first 64 bits, which one customer of a
/// provider has. Behind a reverse proxy everyone has the proxy's address, and whoever guesses at a name there makes its
/// owner wait too, a minute at a time; such a proxy should limit by address itself. Refresh tokens are not throttled, so
/// someone who is signed in stays so. The counts are in the memory of this process and begin anew with it.
final class LoginThrottle: Sendable {
    /// Failures that cost a pair of name and address nothing.
    static let freeFailuresOfPair = 5
    /// Failures that cost an address nothing.
    static let freeFailuresOfAddress = 20
    /// Failures of one name, from wherever, after which its pairs have no free ones.
    static let failuresOfAttack = 20
    /// The longest wait, in seconds.
    static let maxWaitSeconds = 60.0
    /// How long failures count after the last one, in seconds. Waiting for it gains nothing: five attempts a quarter of an
    /// hour are fewer than one a minute.
    static let memorySeconds = 900.0
    /// How long a pair counts as having signed in before, in seconds: 30 days.
    static let acquaintanceSeconds = 2_592_000.0
    /// How many pairs, names and addresses are remembered, each.
    static let maxRecords = 10_000

    /// Someone who wants to sign in.
    struct Attempt: Sendable {
        /// The name, or nil for a text that is no user name: that counts for the address only.
        let username: Username?
        /// The other end of the connection, as `NetworkAddress.network` writes it.
        let address: String

        fileprivate var pair: Pair? { username.map { Pair(username: $0, address: address) } }
    }

    /// The attempt is refused.
    struct Throttled: Error, Equatable {
        /// After how many seconds the next one is let in, at least 1.
        let retryAfterSeconds: Int

        var problem: Problem {
            Problem(
                .tooManyRequests, code: "too_many_attempts",
                detail: "There were too many failed attempts. Try again in \(retryAfterSeconds) s.",
                headers: [.retryAfter: String(retryAfterSeconds)])
        }
    }

    fileprivate struct Pair: Hashable {
        let username: Username
        let address: String
    }

    private struct State {
        var pairs = FailureLedger<Pair>(maxRecords: maxRecords)
        var names = FailureLedger<Username>(maxRecords: maxRecords)
        var addresses = FailureLedger<String>(maxRecords: maxRecords)
    }

    private let state = Mutex(State())

    /// Lets an attempt in, or says how long to wait. Its outcome is then told by `failed` or `succeeded`.
    func admit(_ attempt: Attempt, at now: Date) throws(Throttled) {
        try state.withLock { state throws(Throttled) in
            var address = state.addresses[attempt.address, at: now]
            guard let pairKey = attempt.pair else {
                try address.admit(free: Self.freeFailuresOfAddress, at: now)
                return state.addresses[attempt.address, at: now] = address
            }
            var pair = state.pairs[pairKey, at: now]
            let isUnderAttack = state.names[pairKey.username, at: now].failures >= Self.failuresOfAttack
            try pair.admit(free: isUnderAttack ? 0 : Self.freeFailuresOfPair, at: now)
            if !pair.isAcquainted(at: now) { try address.admit(free: Self.freeFailuresOfAddress, at: now) }
            state.pairs[pairKey, at: now] = pair
            state.addresses[attempt.address, at: now] = address
        }
    }

    /// The attempt was made with a wrong password, or a name that cannot sign in.
    func failed(_ attempt: Attempt, at now: Date) {
        state.withLock { state in
            state.addresses[attempt.address, at: now].fail(free: Self.freeFailuresOfAddress, at: now)
            guard let pair = attempt.pair else { return }
            state.names[pair.username, at: now].fail(free: .max, at: now)
            let isUnderAttack = state.names[pair.username, at: now].failures >= Self.failuresOfAttack
            state.pairs[pair, at: now].fail(free: isUnderAttack ? 0 : Self.freeFailuresOfPair, at: now)
        }
    }

    /// The attempt was made with the right password: its pair begins anew. The address does not, as one right password
    /// must not pay for guesses at others.
    func succeeded(_ attempt: Attempt, at now: Date) {
        state.withLock { state in
            guard let pair = attempt.pair else { return }
            state.pairs[pair, at: now] = FailureRecord(signedInAt: now)
        }
    }
}

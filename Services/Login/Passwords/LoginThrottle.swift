import Foundation
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
/// - An attempt counts as a failure from when it is let in until it is known to be none, and where no free failure is
///   left, only one at a time is let in. So a burst of guesses gets no further than guesses one after the other, while an
///   owner may sign in from five devices at once.
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
    /// The wait after the first failure that is not free, in seconds.
    static let firstWaitSeconds = 1
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

    /// An attempt that was let in, and counts as a failure until `end` says what it was.
    struct Admission: Sendable {
        fileprivate let attempt: Attempt
        /// Whether it counts for its address while it lasts: not that of a pair that is exempt from the address's wait.
        fileprivate let countsForAddress: Bool
    }

    /// What came of an attempt.
    enum Outcome: Sendable {
        /// The password was right: the pair begins anew. The address does not, as one right password must not pay for
        /// guesses at others.
        case success
        /// The password was wrong, or the name is one that cannot sign in.
        case failure
        /// The attempt did not come to an answer, so whoever made it has learnt nothing.
        case none
    }

    /// The answer to an attempt.
    enum Decision: Sendable {
        case admitted(Admission)
        /// The next attempt is admitted after this many seconds, at least 1.
        case throttled(retryAfterSeconds: Int)
    }

    fileprivate struct Pair: Hashable {
        let username: Username
        let address: String
    }

    private struct State {
        var pairs = FailureStore<Pair>(maxRecords: maxRecords)
        var names = FailureStore<Username>(maxRecords: maxRecords)
        var addresses = FailureStore<String>(maxRecords: maxRecords)

        /// The failures that cost a pair nothing: none while its name is under attack.
        func freeFailures(of pair: Pair, at now: Date) -> Int {
            names[pair.username, at: now].possibleFailures >= failuresOfAttack ? 0 : freeFailuresOfPair
        }

        /// Changes what an attempt counts for while it lasts.
        mutating func change(recordsOf admission: Admission, at now: Date, _ change: (inout FailureRecord) -> Void) {
            if admission.countsForAddress { change(&addresses[admission.attempt.address, at: now]) }
            guard let pair = admission.attempt.pair else { return }
            change(&names[pair.username, at: now])
            change(&pairs[pair, at: now])
        }
    }

    private let state = Mutex(State())

    /// Admits an attempt, or says how long to wait.
    func admit(_ attempt: Attempt, at now: Date) -> Decision {
        state.withLock { state in
            var isExempt = false
            if let pair = attempt.pair {
                let record = state.pairs[pair, at: now]
                if let seconds = record.waitSeconds(free: state.freeFailures(of: pair, at: now), at: now) {
                    return .throttled(retryAfterSeconds: seconds)
                }
                isExempt = record.isAcquainted(at: now)
            }
            let address = state.addresses[attempt.address, at: now]
            if !isExempt, let seconds = address.waitSeconds(free: Self.freeFailuresOfAddress, at: now) {
                return .throttled(retryAfterSeconds: seconds)
            }
            let admission = Admission(attempt: attempt, countsForAddress: !isExempt)
            state.change(recordsOf: admission, at: now) { $0.begin() }
            return .admitted(admission)
        }
    }

    /// Ends an attempt. To be called once for each that was let in, whatever happens.
    func end(_ admission: Admission, as outcome: Outcome, at now: Date) {
        state.withLock { state in
            state.change(recordsOf: admission, at: now) { $0.end() }
            let (address, pair) = (admission.attempt.address, admission.attempt.pair)
            switch outcome {
            case .none: break
            case .success:
                if let pair { state.pairs[pair, at: now].succeed(at: now) }
            case .failure:
                state.addresses[address, at: now].fail(free: Self.freeFailuresOfAddress, at: now)
                guard let pair else { break }
                state.names[pair.username, at: now].fail(free: .max, at: now)
                state.pairs[pair, at: now].fail(free: state.freeFailures(of: pair, at: now), at: now)
            }
        }
    }
}

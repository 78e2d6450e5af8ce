// Passwords: rules for new passwords, scrypt hashes, the bounded queue for computing hashes, and the throttle of failed
// attempts. All of these make guessing expensive. This is a separate folder because it depends on user names, but
// neither on accounts nor on HTTP.

import Foundation
import Synchronization

/// Slows down the guessing of passwords, without giving strangers the power to lock an owner out.
///
/// The throttle counts failures for each pair of user name and network address. A browser that the account knows takes
/// the place of its network. The first few failures cause no wait. After them, the pair must wait after each failure:
/// 1 s, 2 s, 4 s, up to a minute. Only attempts of the pair itself extend its wait, so failures of a stranger at another
/// address do not delay the owner.
///
/// - Many failures for one name, from any addresses, take the free failures away from every pair of that name that the
///   account does not know. The first attempt of a pair is always admitted. `KnownClientStore` limits their number.
/// - Many failures from one address, for any names, make the address wait in the same way. This slows down an attacker
///   who tries one password for many names. Pairs that have signed in before are exempt, so other people at the
///   same address cannot delay them.
/// - An attempt counts as a failure from its admission until its outcome is known. When no free failure is left, one
///   attempt at a time is admitted. A burst of guesses therefore gains nothing, and an owner may sign in from five
///   devices at once.
///
/// The address is that of the peer of the connection. For IPv6, it is the first 64 bits, which a provider gives to one
/// customer. Behind a reverse proxy all clients share the address of the proxy. There, failures of a stranger make the
/// owner of a name wait too, up to a minute at a time. Such a proxy should limit attempts by address itself. Refresh
/// tokens are not throttled: a person who is signed in stays signed in. The counts live in the memory of this process
/// and are lost when it ends. With several replicas of login, each has its own counts, so a guesser gets as many times the
/// attempts a minute. `KnownClientStore` counts in the database: its limit holds for all replicas together.
final class LoginThrottle: Sendable {
    /// The number of failures of a pair of name and address that cause no wait.
    static let freeFailuresOfPair = 5
    /// The number of failures of an address that cause no wait.
    static let freeFailuresOfAddress = 20
    /// The number of failures for one name, from any addresses, after which its pairs have no free failures.
    static let failuresOfAttack = 20
    /// The wait after the first failure that is not free, in seconds.
    static let firstWaitSeconds = 1
    /// The longest wait, in seconds.
    static let maximumWaitSeconds = 60.0
    /// How long failures count after the last one, in seconds. An attacker gains nothing by waiting for that: five
    /// attempts in 15 minutes are fewer than one a minute.
    static let memorySeconds = 900.0
    /// The maximum number of records of pairs, of names and of addresses, each.
    static let maximumRecords = 10_000

    /// An attempt to sign in.
    struct Attempt: Sendable {
        /// The user name; nil for a text that cannot be a user name. Such an attempt counts for the address only.
        let username: Username?
        /// The network of the client, as `NetworkAddress.network` writes it.
        let address: String
        /// The network or browser that the account knows; nil when it has not signed in from either before.
        var knownClient: String?

        fileprivate var pair: Pair? {
            username.map { Pair(username: $0, client: knownClient ?? address, isKnown: knownClient != nil) }
        }
    }

    /// An admitted attempt. It counts as a failure until `end` is called.
    struct Admission: Sendable {
        fileprivate let attempt: Attempt
        /// Whether the attempt counts for its address until it ends. Pairs that are exempt from the wait of the
        /// address do not count.
        fileprivate let countsForAddress: Bool
    }

    /// The outcome of an attempt.
    enum Outcome: Sendable {
        /// The password was right, and the failures of the pair are forgotten. Those of the address are not: an
        /// attacker's own account must not reset the count of guesses at other accounts.
        case success
        /// The password was wrong, or the name cannot sign in.
        case failure
        /// The attempt ended without a check of the password, so the client has learned nothing.
        case none
    }

    /// The decision about an attempt.
    enum Decision: Sendable {
        case admitted(Admission)
        /// The next attempt is admitted after this many seconds, at least 1.
        case throttled(retryAfterSeconds: Int)
    }

    fileprivate struct Pair: Hashable {
        let username: Username
        let client: String
        /// Whether the account knows the client.
        let isKnown: Bool
    }

    private struct State {
        var pairs = FailureStore<Pair>(maximumRecords: maximumRecords)
        var names = FailureStore<Username>(maximumRecords: maximumRecords)
        var addresses = FailureStore<String>(maximumRecords: maximumRecords)

        /// The number of failures of a pair that cause no wait; 0 for an unknown client while the name is attacked.
        func freeFailures(of pair: Pair, at now: Date) -> Int {
            let isAttacked = names[pair.username, at: now].possibleFailures >= failuresOfAttack
            return isAttacked && !pair.isKnown ? 0 : freeFailuresOfPair
        }

        /// Changes the records for which an attempt counts until it ends.
        mutating func change(recordsOf admission: Admission, at now: Date, _ change: (inout FailureRecord) -> Void) {
            if admission.countsForAddress { change(&addresses[admission.attempt.address, at: now]) }
            guard let pair = admission.attempt.pair else { return }
            change(&names[pair.username, at: now])
            change(&pairs[pair, at: now])
        }
    }

    private let state = Mutex(State())

    /// Admits an attempt, or returns how long to wait.
    func admit(_ attempt: Attempt, at now: Date) -> Decision {
        state.withLock { state in
            let isExempt = attempt.knownClient != nil
            if let pair = attempt.pair,
                let seconds = state.pairs[pair, at: now]
                    .waitSeconds(free: state.freeFailures(of: pair, at: now), at: now)
            {
                return .throttled(retryAfterSeconds: seconds)
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

    /// Ends an admitted attempt. Call it exactly once for each admission.
    func end(_ admission: Admission, as outcome: Outcome, at now: Date) {
        state.withLock { state in
            state.change(recordsOf: admission, at: now) { $0.end() }
            let (address, pair) = (admission.attempt.address, admission.attempt.pair)
            switch outcome {
            case .none: break
            case .success:
                if let pair { state.pairs[pair, at: now].forgetFailures() }
            case .failure:
                state.addresses[address, at: now].fail(free: Self.freeFailuresOfAddress, at: now)
                guard let pair else { break }
                state.names[pair.username, at: now].fail(free: .max, at: now)
                state.pairs[pair, at: now].fail(free: state.freeFailures(of: pair, at: now), at: now)
            }
        }
    }
}

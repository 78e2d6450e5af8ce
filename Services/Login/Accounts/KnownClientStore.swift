import Database
import Foundation
import Libcrypto
import ServiceRuntime

/// A network or a browser from which somebody signs in.
struct SignInClient: Sendable, Hashable {
    enum Kind: String, Sendable {
        case network, browser
    }

    let kind: Kind
    /// The network as `NetworkAddress` writes it, or the hash of the device cookie in base64url.
    let text: String

    static func network(_ network: String) -> SignInClient { SignInClient(kind: .network, text: network) }

    static func browser(_ cookie: DeviceCookie) -> SignInClient { SignInClient(kind: .browser, text: cookie.hashText) }
}

/// The networks and browsers from which accounts have signed in, and the failures since then.
///
/// NIST SP 800-63B-4 §3.2.2 allows 100 consecutive failures. All clients that an account does not know share one such
/// allowance. Each known network and each known browser has its own, so strangers cannot lock an owner out. A client
/// that has used up its allowance is no longer known. A sign-in resets the allowances of the account and of its client.
struct KnownClientStore: Sendable {
    /// The maximum number of consecutive failures, for each allowance.
    static let maximumFailures = 100
    /// How long the failures of unknown clients count after the last one, in seconds: 30 days. An owner without any
    /// known client would otherwise be locked out for good.
    static let memorySeconds = 2_592_000.0
    /// The maximum number of networks and of browsers that are kept for one account, each.
    static let maximumClients = 20

    let database: SQLDatabase

    /// The number of counters for names that no account has. Such names have an allowance too, so a rejection does not
    /// tell which names exist.
    private static let unknownNameBuckets = 65_536
    private static let keyBytes = 32

    /// The allowance to which a failed sign-in counts.
    struct Allowance: Sendable {
        enum Owner: Sendable {
            case account(UUID)
            /// The counter of a name that no account has. Nobody can choose names that share a counter, because the hash
            /// has a random key. All replicas use the same key.
            case unknownName(bucket: Int)
            /// The text cannot be a name.
            case none
        }

        let owner: Owner
        /// The client that the account knows; nil when it knows none of those that sign in.
        let client: SignInClient?
        /// When no failure is left, the number of seconds until the failures are forgotten; otherwise nil.
        let retryAfterSeconds: Int?
    }

    /// The allowance for a sign-in.
    ///
    /// - Parameter clients: The browser and the network, in this order.
    func allowance(of username: Username, for clients: [SignInClient], at now: Date) async throws -> Allowance {
        if let allowance = try await storedAllowance(of: username, for: clients, at: now) { return allowance }
        try await createKey()
        return try await storedAllowance(of: username, for: clients, at: now)
            ?? Allowance(owner: .none, client: nil, retryAfterSeconds: nil)
    }

    /// The allowance for a sign-in; nil if the name is unknown and there is no key yet.
    private func storedAllowance(
        of username: Username, for clients: [SignInClient], at now: Date
    ) async throws -> Allowance? {
        try await database.read { connection in
            let row = try connection.queryOne(
                "SELECT id, failures, failed_at FROM accounts WHERE username = $1", username.text)
            guard let row else {
                guard let bucket = try Self.bucket(of: username, in: connection) else { return nil }
                let row = try connection.queryOne(
                    "SELECT failures, failed_at FROM unknown_names WHERE bucket = $1", bucket)
                return Allowance(
                    owner: .unknownName(bucket: bucket), client: nil,
                    retryAfterSeconds: try row.flatMap { try Self.retryAfterSeconds($0, at: now) })
            }
            let account: UUID = try row["id"]
            for client in clients {
                let known = try connection.queryOne(
                    """
                    SELECT client FROM known_clients
                    WHERE account_id = $1 AND kind = $2 AND client = $3 AND failures < $4
                    """, account, client.kind.rawValue, client.text, Self.maximumFailures)
                if known != nil {
                    return Allowance(owner: .account(account), client: client, retryAfterSeconds: nil)
                }
            }
            return Allowance(
                owner: .account(account), client: nil, retryAfterSeconds: try Self.retryAfterSeconds(row, at: now))
        }
    }

    /// The counter of a name that no account has; nil if there is no key yet.
    private static func bucket(of username: Username, in connection: Connection) throws -> Int? {
        let row = try connection.queryOne("SELECT key FROM unknown_name_key WHERE id = 1")
        guard let key: [UInt8] = try row?["key"] else { return nil }
        let hash = sha256(key + Array(username.text.utf8))
        return hash.prefix(4).reduce(0) { $0 << 8 | Int($1) } % unknownNameBuckets
    }

    /// Creates the key of the hash of unknown names, unless another replica has.
    private func createKey() async throws {
        try await database.write { connection in
            try connection.execute(
                "INSERT INTO unknown_name_key (id, key) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
                randomBytes(Self.keyBytes))
        }
    }

    /// The seconds until the failures of a row are forgotten; nil when some are left.
    private static func retryAfterSeconds(_ row: Row, at now: Date) throws -> Int? {
        let (failures, failedAt): (Int, Date) = (try row["failures"], try row["failed_at"])
        let seconds = memorySeconds - now.timeIntervalSince(failedAt)
        return failures >= maximumFailures && seconds > 0 ? Int(min(seconds, memorySeconds).rounded(.up)) : nil
    }

    /// Counts a failure in advance, before the password is checked, so concurrent attempts cannot exceed the allowance.
    /// Returns false when it is used up.
    func countFailure(_ allowance: Allowance, at now: Date) async throws -> Bool {
        let forgotten = now - Self.memorySeconds
        return try await database.write { connection in
            switch (allowance.owner, allowance.client) {
            case (.none, _): return true
            case (.account(let account), let client?):
                return try connection.execute(
                    """
                    UPDATE known_clients SET failures = failures + 1
                    WHERE account_id = $1 AND kind = $2 AND client = $3 AND failures < $4
                    """, account, client.kind.rawValue, client.text, Self.maximumFailures) == 1
            case (.account(let account), nil):
                return try connection.execute(
                    """
                    UPDATE accounts SET failures = CASE WHEN failed_at <= $1 THEN 1 ELSE failures + 1 END, failed_at = $2
                    WHERE id = $3 AND (failures < $4 OR failed_at <= $1)
                    """, forgotten, now, account, Self.maximumFailures) == 1
            case (.unknownName(let bucket), _):
                return try connection.execute(
                    """
                    INSERT INTO unknown_names (bucket, failures, failed_at) VALUES ($1, 1, $2)
                    ON CONFLICT (bucket) DO UPDATE SET failed_at = $2,
                    failures = CASE WHEN unknown_names.failed_at <= $3 THEN 1 ELSE unknown_names.failures + 1 END
                    WHERE unknown_names.failures < $4 OR unknown_names.failed_at <= $3
                    """, bucket, now, forgotten, Self.maximumFailures) == 1
            }
        }
    }

    /// Records a successful sign-in: the failures are forgotten, and the clients are known. Changes nothing when the
    /// account was deleted meanwhile.
    func recordSuccess(of account: UUID, from clients: [SignInClient], at now: Date) async throws {
        try await database.write { connection in
            // The row stays locked, so nobody deletes the account before its clients are stored.
            let exists = try connection.execute("UPDATE accounts SET failures = 0 WHERE id = $1", account) == 1
            guard exists else { return }
            for client in clients { try Self.insert(client, of: account, at: now, in: connection) }
        }
    }

    /// Gives a browser another device cookie after a sign-in, and returns it.
    ///
    /// The other accounts that know the browser know it by that cookie too. A copy of the old cookie is worth nothing, so
    /// nobody gains by planting one.
    func renewCookie(_ former: DeviceCookie?, of account: UUID, at now: Date) async throws -> DeviceCookie {
        let cookie = DeviceCookie()
        try await database.write { connection in
            // The account may have been deleted since the sign-in.
            guard try AccountTable.lock(account, in: connection) else { return }
            if let former {
                try connection.execute(
                    "UPDATE known_clients SET client = $1 WHERE kind = 'browser' AND client = $2", cookie.hashText,
                    former.hashText)
            }
            try Self.insert(.browser(cookie), of: account, at: now, in: connection)
        }
        return cookie
    }

    /// Makes a client known to an account.
    static func insert(_ client: SignInClient, of account: UUID, at now: Date, in connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO known_clients (account_id, kind, client, signed_in_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (account_id, kind, client) DO UPDATE SET signed_in_at = $4, failures = 0
            """, account, client.kind.rawValue, client.text, now)
        try connection.execute(
            """
            DELETE FROM known_clients WHERE account_id = $1 AND kind = $2 AND signed_in_at < (
                SELECT signed_in_at FROM known_clients WHERE account_id = $1 AND kind = $2
                ORDER BY signed_in_at DESC LIMIT 1 OFFSET $3
            )
            """, account, client.kind.rawValue, Self.maximumClients - 1)
    }
}

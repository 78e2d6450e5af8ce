import Database
import Foundation

/// The table `accounts`, as the stores of sessions, API tokens, codes and bindings use it.
enum AccountTable {
    /// Locks the row of an account until the transaction ends: nobody can disable or delete the account or change its
    /// password meanwhile. So a transaction that does it later also ends what this one begins.
    ///
    /// Transactions lock an account before its sessions, and the revocation log last, so they do not wait for each other
    /// in a circle.
    ///
    /// - Parameter passwordVersion: The expected number of password changes; nil for any number.
    /// - Returns: False when the account was deleted, disabled, or given another password.
    static func lock(_ id: UUID, passwordVersion: Int? = nil, in connection: Connection) throws -> Bool {
        let locked = try connection.execute(
            """
            UPDATE accounts SET password_version = password_version
            WHERE id = $1 AND disabled_at IS NULL AND password_version = COALESCE($2, password_version)
            """, id, passwordVersion)
        return locked == 1
    }
}

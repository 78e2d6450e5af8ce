import Database
import Foundation

/// The table `grants`: the scopes that accounts have. The stores of accounts and of sessions read it.
enum GrantTable {
    /// The scope that is granted to an account now.
    static func scope(of account: UUID, in connection: Connection) throws -> Scope {
        let rows = try connection.query(
            "SELECT scope FROM grants WHERE account_id = $1 ORDER BY place, scope", account)
        return Scope(names: try rows.map { try $0["scope"] })
    }

    /// Grants `scope` to an account in addition to the scope that it has.
    static func insert(_ scope: Scope, for account: UUID, in connection: Connection) throws {
        for name in scope.names {
            try connection.execute(
                """
                INSERT INTO grants (account_id, scope, place)
                SELECT $1, $2, coalesce(max(place), 0) + 1 FROM grants WHERE account_id = $1
                ON CONFLICT (account_id, scope) DO NOTHING
                """, account, name)
        }
    }

    /// Revokes `scope` of an account.
    static func delete(_ scope: Scope, of account: UUID, in connection: Connection) throws {
        for name in scope.names {
            try connection.execute("DELETE FROM grants WHERE account_id = $1 AND scope = $2", account, name)
        }
    }
}

import Database
import Foundation

/// What a client holds of a session: a random secret, of which a table has the hash beside the session.
protocol SessionCredential: Sendable {
    /// The table, which has the columns `hash` and `session_id`.
    static var table: String { get }

    var secret: OpaqueToken { get }

    init(secret: OpaqueToken)
}

extension SessionCredential {
    var text: String { secret.text }
    var hash: [UInt8] { secret.hash }

    /// A new secret. It opens nothing until it is stored with a session.
    init() {
        self.init(secret: OpaqueToken())
    }

    /// Reads what a client sent. Nil when no secret looks like it.
    init?(_ text: String) {
        guard let secret = OpaqueToken(text) else { return nil }
        self.init(secret: secret)
    }
}

extension SessionStore {
    /// The session that a secret was given for, also when it is over. Nil when nobody was ever given that secret.
    static func sessionID(of secret: some SessionCredential, in connection: Connection) throws -> UUID? {
        let table = type(of: secret).table
        return try connection.queryOne("SELECT session_id FROM \(table) WHERE hash = $1", secret.hash)?["session_id"]
    }
}

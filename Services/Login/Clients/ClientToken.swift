import Foundation
import JWT
import JWTAuth

/// An access token that a client got for itself, by `client_credentials`: it belongs to no session.
struct ClientToken: Sendable {
    let id: String
    let clientID: String
    let issuedAt: Date
    let expiresAt: Date
}

extension ClientToken {
    /// Nil for a token of a session.
    init?(_ token: VerifiedToken) {
        guard token.sessionID == nil, let id = token.id, let clientID = token.clientID, let issuedAt = token.issuedAt,
            let expiresAt = token.expiresAt
        else { return nil }
        self.id = id
        self.clientID = clientID
        self.issuedAt = Date(issuedAt)
        self.expiresAt = Date(expiresAt)
    }
}

import Foundation
import JWT
import JWTAuth

/// The access token of a WeChat user without an account. It allows one thing: to bind the user to an account.
///
/// Its `sub` is that of `WeChatUser`, its `aud` is login alone, and it has neither a session nor a user name.
struct RegisterToken: Sendable {
    static let scope = Scope(names: ["register"])

    let user: WeChatUser
    /// The id of the token (`jti`).
    let id: String
    let expiresAt: Date
}

extension RegisterToken {
    /// Reads the token of a request; nil when it is not a register token.
    init?(_ token: VerifiedToken) {
        guard let subject = token.subject, let user = WeChatUser(subject: subject), token.sessionID == nil,
            let id = token.id, let expiry = token.expiresAt
        else { return nil }
        self.user = user
        self.id = id
        expiresAt = Date(expiry)
    }

    /// The entry of the revocation log that ends the token.
    var revocation: Revocation {
        Revocation(kind: .token, id: id, expiresAt: Revocation.expiry(ofTokensUntil: expiresAt))
    }

    /// Issues a register token.
    ///
    /// - Throws: An error of signing the token.
    static func issue(
        for user: WeChatUser, by tokens: AccessTokenIssuer, at now: Date
    ) throws -> AccessTokenIssuer.AccessToken {
        try tokens.sign(
            Claims(subject: user.subject, audience: [Login.name]), scope: scope, seconds: tokens.lifetimeSeconds,
            at: now)
    }
}

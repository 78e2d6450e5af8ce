import Foundation
import HTTPTypes
import JWT
import JWTAuth
import ServiceRuntime

/// Describes the session of a browser to a service that got its cookie (`token_type_hint=session`).
///
/// A service that knows the cookie can do everything that the person can do, so `SESSION_READERS` names the few
/// services that may ask.
struct SessionIntrospection: Sendable {
    static let scope = "sessions:introspect"
    /// The value of `token_type_hint`.
    static let hint = "session"

    let sessions: SessionStore
    /// The issuer of this service, in `iss`.
    let issuer: String
    /// The names of the services that may ask.
    let readers: [String]

    /// The introspection response for the value of a cookie (RFC 7662 §2.2); nil when it opens no session.
    ///
    /// - Parameter service: The name of the service that asks.
    /// - Throws: `Problem` with 403 when `SESSION_READERS` does not name the service; errors of the database.
    func describe(_ text: String, to service: String, at now: Date) async throws -> JSONValue? {
        guard readers.contains(service) else { throw Problem.sessionReaderRequired(service) }
        guard let cookie = SessionCookie(text), let session = try await sessions.find(cookie, at: now) else {
            return nil
        }
        return [
            "active": true, "token_type": "Session", "scope": .string(session.scope.text),
            "username": .string(session.username), "sub": .string(session.accountID.lowercase),
            "iss": .string(issuer), "sid": .string(session.id.lowercase),
            "iat": .integer(NumericDate(session.createdAt).seconds),
            "exp": .integer(NumericDate(session.expiresAt).seconds),
        ]
    }
}

extension Problem {
    fileprivate static func sessionReaderRequired(_ service: String) -> Problem {
        Problem(
            .forbidden, code: "session_reader_required",
            detail: "SESSION_READERS of login does not name \(service), so it may not introspect sessions.")
    }
}

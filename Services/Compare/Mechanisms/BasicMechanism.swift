import Foundation
import HTTPTypes
import Hummingbird
import ServiceRuntime

/// `Authorization: Basic` with a user name and a password in UTF-8 (RFC 7617). Login checks them for each request.
///
/// The password travels with each request, so it must not travel in the clear: off this machine, a proxy must end TLS.
struct BasicMechanism: LoginMechanism {
    static let path = "basic"

    let login: LoginClient
    /// Whether peers that are not on this machine may send passwords.
    let allowsAnyPeer: Bool

    func account(of request: Request, from peerAddress: String?) async throws -> String {
        // Reject the peer before the challenge, because a browser responds to the challenge with the password.
        guard allowsAnyPeer || peerAddress.map(NetworkAddress.isLoopback) == true else {
            throw Problem.insecureTransport
        }
        guard let credentials = try AuthorizationField.credentials("Basic", of: request) else {
            throw Problem.missingCredentials
        }
        guard let (username, password) = Self.decode(credentials) else {
            throw Problem.badRequest("The credentials must be the base64 of a name, a colon and a password in UTF-8.")
        }
        switch try await login.verify(username: username, password: password, address: peerAddress ?? "127.0.0.1") {
        case .account(let account): return account
        case .unknown: throw Problem.wrongCredentials
        }
    }

    /// The user name and the password. Nil when a control character is among them, which RFC 7617 §2 forbids.
    private static func decode(_ credentials: String) -> (username: String, password: String)? {
        guard let bytes = Data(base64Encoded: credentials), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        return (String(text[..<colon]), String(text[text.utf8.index(after: colon)...]))
    }
}

extension Problem {
    /// 403: the password would travel in the clear.
    fileprivate static let insecureTransport = Problem(
        .forbidden, code: "insecure_transport",
        detail: """
            The password would travel unencrypted. Send it over TLS, to a proxy in front of this service that ends TLS; \
            ALLOW_BASIC=on tells the service that there is one.
            """)

    fileprivate static let missingCredentials = Problem(
        .unauthorized, code: "missing_credentials", detail: "Send a user name and a password: Authorization: Basic.",
        headers: [.wwwAuthenticate: challenge])

    fileprivate static let wrongCredentials = Problem(
        .unauthorized, code: "wrong_credentials", detail: "The name or the password is wrong.",
        headers: [.wwwAuthenticate: challenge])

    private static let challenge = "Basic realm=\"\(Compare.name)\", charset=\"UTF-8\""
}

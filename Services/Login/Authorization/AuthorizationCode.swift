/// An authorization code (RFC 6749 §1.3.1), which a client exchanges for the tokens of a session.
struct AuthorizationCode: OpaqueCredential {
    let bytes: [UInt8]
}

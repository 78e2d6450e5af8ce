/// What a token says of itself, with nothing of it verified: for people to look at, never to decide by.
public struct InspectedToken: Sendable {
    /// The header's members.
    public let header: JSONValue
    /// The payload's members.
    public let payload: JSONValue

    /// Takes a token apart, whatever its algorithm, age and signature.
    ///
    /// - Throws: `JWTError` of the kinds `malformed` and `limit`.
    public init(inspecting token: String) throws(JWTError) {
        let token = Array(token.utf8)
        guard token.count <= Signer.maximumTokenBytes else {
            throw JWTError(.limit, "the token is larger than \(Signer.maximumTokenBytes) bytes")
        }
        let parts = try CompactToken(token.span)
        header = try Self.object(token.span.extracting(parts.header), "header")
        payload = try Self.object(token.span.extracting(parts.payload), "payload")
    }

    private static func object(_ segment: Span<UInt8>, _ name: String) throws(JWTError) -> JSONValue {
        guard let bytes = Base64URL.decode(segment) else {
            throw JWTError(.malformed, "the \(name) is not strict base64url")
        }
        return try JSONValue(object: bytes, named: name)
    }
}

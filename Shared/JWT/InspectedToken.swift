/// The content of a token that is not verified. It is for people to read: a program must not base a decision on it.
public struct InspectedToken: Sendable {
    /// The header, a JSON object.
    public let header: JSONValue
    /// The payload, a JSON object.
    public let payload: JSONValue

    /// Decodes a token. It checks neither the algorithm, nor the signature, nor the claims.
    ///
    /// - Throws: `JWTError` with the code `malformed`, or `limit` for a token above `Signer.maximumTokenBytes`.
    public init(inspecting token: String) throws(JWTError) {
        let token = Array(token.utf8)
        guard token.count <= Signer.maximumTokenBytes else {
            throw JWTError(.limit, "the token is larger than \(Signer.maximumTokenBytes) bytes")
        }
        let parts = try CompactToken(token.span)
        header = try Self.object(token.span.extracting(parts.header), "header")
        payload = try Self.object(token.span.extracting(parts.payload), "payload")
    }

    private static func object(_ part: Span<UInt8>, _ name: String) throws(JWTError) -> JSONValue {
        guard let bytes = Base64URL.decode(part) else {
            throw JWTError(.malformed, "the \(name) is not strict base64url")
        }
        return try JSONValue(object: bytes, named: name)
    }
}

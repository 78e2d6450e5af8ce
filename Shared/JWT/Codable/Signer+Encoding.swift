extension Signer {
    /// Signs claims of a type of the application. It must encode to an object.
    ///
    /// - Returns: The token in the compact serialization.
    /// - Throws: `JWTError` with the code `invalidClaim` when the claims are not an object, have a number that JSON cannot
    ///   write, or would be rejected by a verifier; `limit` when the token would be too large; and `key` when the key may
    ///   only verify.
    public func sign(encoding claims: some Encodable) throws(JWTError) -> String {
        let value: JSONValue
        do {
            value = try JSONValue(encoding: claims)
        } catch {
            throw JWTError(.invalidClaim, "the claims cannot be written as JSON")
        }
        guard value.members != nil else { throw JWTError(.invalidClaim, "the claims are not an object") }
        return try sign(value)
    }
}

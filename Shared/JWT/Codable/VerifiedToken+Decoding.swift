extension VerifiedToken {
    /// The claims as a type of the application. Claims without a property in the type are ignored.
    ///
    /// - Throws: `JWTError` with the code `missingClaim` when the type requires a claim that is missing, or `invalidClaim`
    ///   when a claim does not fit its type. The error names the outermost claim.
    public func decode<Claims: Decodable>(_ type: Claims.Type) throws(JWTError) -> Claims {
        guard let value = JSONValue(object: payload) else {
            throw JWTError(.malformed, "the payload is not a strict JSON object")
        }
        do {
            return try JSONValueDecoder(value).decode(type)
        } catch DecodingError.keyNotFound(let key, let context) {
            let claim = (context.codingPath.first ?? key).stringValue
            throw JWTError(.missingClaim, "a claim that the type requires is missing", claim: claim)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context)
        {
            // The names in a dictionary come from the token, and an error must hold no part of the token.
            let claim = type is any DictionaryType.Type ? nil : context.codingPath.first?.stringValue
            throw JWTError(.invalidClaim, "a claim does not fit its type", claim: claim)
        } catch {
            throw JWTError(.invalidClaim, "the claims do not fit the type")
        }
    }
}

/// Any `Dictionary`: a type that takes the names of its members from the token.
private protocol DictionaryType {}
extension Dictionary: DictionaryType {}

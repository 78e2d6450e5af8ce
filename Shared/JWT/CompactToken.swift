/// The positions of the three parts of a token (RFC 7515 section 7.1). The parts are not decoded.
struct CompactToken {
    let header: Range<Int>
    let payload: Range<Int>
    let signature: Range<Int>
    /// The text that the signature covers: the header, a period and the payload.
    var signingInput: Range<Int> { header.lowerBound..<payload.upperBound }

    /// The parts of a token of `count` bytes, with its periods at the given positions.
    @inline(__always)
    init(count: Int, firstPeriod: Int, secondPeriod: Int) {
        header = 0..<firstPeriod
        payload = (firstPeriod + 1)..<secondPeriod
        signature = (secondPeriod + 1)..<count
    }

    /// Finds the two periods.
    ///
    /// - Throws: `malformed` for another number of periods, `unsupported` for an encrypted token.
    init(_ token: Span<UInt8>) throws(JWTError) {
        var periods: (first: Int, second: Int) = (0, 0)
        var count = 0
        for index in 0..<token.count where token[index] == UInt8(ascii: ".") {
            count += 1
            if count == 1 { periods.first = index }
            if count == 2 { periods.second = index }
        }
        guard count == 2 else { throw Self.wrongNumberOfParts(token.extracting(first: periods.first), count) }
        self.init(count: token.count, firstPeriod: periods.first, secondPeriod: periods.second)
    }

    /// Checks that each part is strict base64url.
    func checkForm(of token: Span<UInt8>) throws(JWTError) {
        for part in [header, payload, signature] where !Base64URL.isValid(token.extracting(part)) {
            throw Self.notBase64URL
        }
    }

    static var notBase64URL: JWTError {
        JWTError(.malformed, "a part of the token is not strict base64url")
    }

    /// An encrypted token has five parts, and its header names an encryption (RFC 7516 section 9).
    private static func wrongNumberOfParts(_ header: Span<UInt8>, _ periods: Int) -> JWTError {
        if periods == 4, let bytes = Base64URL.decode(header), (try? Header(bytes.span))?.isEncrypted ?? false {
            return JWTError(.unsupported, "the token is encrypted (JWE)", claim: "enc")
        }
        return JWTError(.malformed, "the token does not have three parts separated by periods")
    }
}

/// Where the three segments of a token stand (RFC 7515 section 7.1). Nothing is decoded.
struct CompactToken {
    let header: Range<Int>
    let payload: Range<Int>
    let signature: Range<Int>
    /// Header, period and payload: what the signature is made over.
    var signingInput: Range<Int> { header.lowerBound..<payload.upperBound }

    /// The parts of a token whose periods stand at these two places.
    @inline(__always)
    init(count: Int, firstPeriod: Int, secondPeriod: Int) {
        header = 0..<firstPeriod
        payload = (firstPeriod + 1)..<secondPeriod
        signature = (secondPeriod + 1)..<count
    }

    /// Finds the periods, of which there must be two.
    init(_ token: Span<UInt8>) throws(JWTError) {
        var places: (first: Int, second: Int) = (0, 0)
        var periods = 0
        for index in 0..<token.count where token[index] == UInt8(ascii: ".") {
            periods += 1
            if periods == 1 { places.first = index }
            if periods == 2 { places.second = index }
        }
        guard periods == 2 else { throw Self.wrongNumberOfParts(token.extracting(first: places.first), periods) }
        self.init(count: token.count, firstPeriod: places.first, secondPeriod: places.second)
    }

    /// Refuses a token that has a part which is not strict base64url.
    func checkForm(of token: Span<UInt8>) throws(JWTError) {
        for part in [header, payload, signature] where !Base64URL.isValid(token.extracting(part)) {
            throw Self.notBase64URL
        }
    }

    static var notBase64URL: JWTError {
        JWTError(.malformed, "a part of the token is not strict base64url")
    }

    /// Five parts whose first names an encryption are an encrypted token (RFC 7516 section 9).
    private static func wrongNumberOfParts(_ header: Span<UInt8>, _ periods: Int) -> JWTError {
        if periods == 4, let bytes = Base64URL.decode(header), (try? Header(bytes.span))?.isEncrypted ?? false {
            return JWTError(.unsupported, "the token is encrypted (JWE)", claim: "enc")
        }
        return JWTError(.malformed, "a token has three parts with a period between them")
    }
}

/// Where the three segments of a token stand (RFC 7515 section 7.1). Nothing is decoded.
struct CompactToken {
    let header: Range<Int>
    let payload: Range<Int>
    let signature: Range<Int>
    /// Header, period and payload: what the signature is made over.
    var signingInput: Range<Int> { header.lowerBound..<payload.upperBound }

    init(_ token: Span<UInt8>, maximumBytes: Int) throws(JWTError) {
        guard token.count <= maximumBytes else { throw JWTError(.limit, "the token is larger than allowed here") }
        var periods: (first: Int, second: Int) = (0, 0)
        var count = 0
        for index in 0..<token.count where token[index] == UInt8(ascii: ".") {
            count += 1
            if count == 1 { periods.first = index }
            if count == 2 { periods.second = index }
        }
        guard count == 2 else {
            throw JWTError(.malformed, "a token has three parts with a period between them")
        }
        header = 0..<periods.first
        payload = (periods.first + 1)..<periods.second
        signature = (periods.second + 1)..<token.count
    }
}

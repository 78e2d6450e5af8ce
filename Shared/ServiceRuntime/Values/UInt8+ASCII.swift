/// The classes of ASCII characters that HTTP and URIs distinguish, for bytes of UTF-8.
///
/// No byte from 128 to 255 belongs to any of these classes. Other modules ask for each byte of a token, so these properties are
/// inlinable where that happens.
extension UInt8 {
    /// Whether the byte is one of `A` to `Z` or `a` to `z`.
    @inlinable public var isASCIILetter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }

    /// Whether the byte is one of `0` to `9`.
    @inlinable public var isASCIIDigit: Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= self
    }

    /// Whether the byte is one of `0` to `9` or `a` to `f`; upper case is not accepted.
    public var isLowercaseHexDigit: Bool {
        isASCIIDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self
    }

    /// The lower-case hexadecimal digit of a value from 0 to 15.
    public static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The value of a hexadecimal digit of either case, 0 to 15; nil for any other byte.
    public var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether the byte is a `tchar`, a character of a token in an HTTP header field (RFC 9110 §5.6.2).
    public var isHTTPTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"),
            UInt8(ascii: "|"):
            true
        default: isURIUnreserved
        }
    }

    /// Whether the byte is a character of `token68`, the form of credentials (RFC 9110 §11.2). RFC 6750 §2.1 calls it
    /// `b64token`.
    @inlinable public var isToken68Character: Bool {
        switch self {
        case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
        default: isURIUnreserved
        }
    }

    /// Whether the byte is an unreserved character, which URIs carry without percent-encoding (RFC 3986 §2.3).
    @inlinable public var isURIUnreserved: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: isASCIILetter || isASCIIDigit
        }
    }

    /// The byte as a part of a URI: an unreserved character as it is, any other byte percent-encoded (RFC 3986 §2.1).
    public var percentEncoded: String {
        if isURIUnreserved { return String(Unicode.Scalar(self)) }
        let digits = String(self, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
    }
}

extension Sequence<UInt8> {
    /// The bytes in lower-case hexadecimal digits, two for each byte.
    public var hexadecimal: String {
        String(decoding: flatMap { [UInt8.hexDigit($0 >> 4), UInt8.hexDigit($0 & 0xF)] }, as: UTF8.self)
    }
}

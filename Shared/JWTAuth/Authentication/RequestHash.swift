import Libcrypto

/// The hash that binds a token to one request: `qsh`, the query string hash of Atlassian Connect.
///
/// The lower-case hex SHA-256 of `METHOD&path&query`: method in upper case; path percent-encoded, without a trailing
/// slash; query parameters percent-encoded, sorted, joined by `&`, the parameter `token` left out.
public enum RequestHash {
    /// The hash of a request.
    ///
    /// - Parameters:
    ///   - method: The method, in any case.
    ///   - path: The path, percent-encoded as it travels.
    ///   - query: The query without its question mark, percent-encoded as it travels.
    public static func of(method: String, path: String, query: String?) -> String {
        let digits = Array("0123456789abcdef")
        let hash = sha256(Array(canonicalRequest(method, path, query ?? "").utf8))
        return String(hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    static func canonicalRequest(_ method: String, _ path: String, _ query: String) -> String {
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).map { canonical($0.utf8) }
        while segments.count > 1, segments.last == "" { segments.removeLast() }
        let canonicalPath = segments == [""] ? "/" : segments.joined(separator: "/")
        return "\(method.uppercased())&\(canonicalPath)&\(canonicalQuery(query))"
    }

    /// Parameters of one name are one entry, its values sorted and joined by commas.
    private static func canonicalQuery(_ query: String) -> String {
        var values: [String: [String]] = [:]
        for parameter in query.split(separator: "&") {
            let spaced = String(parameter).replacing("+", with: "%20")
            let name = spaced.prefix { $0 != "=" }
            values[canonical(name.utf8), default: []].append(canonical(spaced.dropFirst(name.count + 1).utf8))
        }
        values["token"] = nil
        return values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map {
                "\($0.key)=\($0.value.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ","))"
            }
            .joined(separator: "&")
    }

    /// The text with its percent escapes undone and exactly the unreserved characters (RFC 3986 §2.3) left bare.
    private static func canonical(_ text: Substring.UTF8View) -> String {
        var bytes = Array(text)[...]
        var result = ""
        while var byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%"), bytes.count >= 2,
                let high = hexValue(bytes[bytes.startIndex]), let low = hexValue(bytes[bytes.startIndex + 1])
            {
                byte = high << 4 | low
                bytes.removeFirst(2)
            }
            if isUnreserved(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

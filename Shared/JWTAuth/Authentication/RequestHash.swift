import Libcrypto
import ServiceRuntime

/// The hash that binds a token to one request: `qsh`, the query string hash of Atlassian Connect.
///
/// It is the SHA-256 of `METHOD&path&query` in lower-case hexadecimal digits. The method is in upper case. The path
/// is percent-encoded and has no trailing slash. The query parameters are percent-encoded, sorted and joined by `&`,
/// without the parameter `token`.
public enum RequestHash {
    /// The hash of a request.
    ///
    /// - Parameters:
    ///   - method: The method, in any case.
    ///   - path: The path, percent-encoded as in the request.
    ///   - query: The query without its question mark, percent-encoded as in the request.
    public static func of(method: String, path: String, query: String?) -> String {
        sha256(Array(canonicalRequest(method, path, query ?? "").utf8)).hexadecimal
    }

    /// The claim with the hash of a body. DKIM uses the same name (RFC 6376 §3.5).
    static let bodyClaim = "bh"

    /// The hash of a body: its SHA-256 in lower-case hexadecimal digits.
    static func of(body: some Sequence<UInt8>) -> String {
        sha256(Array(body)).hexadecimal
    }

    /// The canonical name of the first parameter that occurs twice; nil when each occurs once.
    ///
    /// The hash sorts the values of a repeated parameter, while a route may read only the first value. So a repeated
    /// parameter would give two requests the same hash.
    static func repeatedParameter(in query: String?) -> String? {
        var names: Set<String> = []
        return parameters(of: query ?? "").map(\.name).first { !names.insert($0).inserted }
    }

    /// The text that is hashed.
    static func canonicalRequest(_ method: String, _ path: String, _ query: String) -> String {
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).map { canonical($0.utf8) }
        while segments.count > 1, segments.last == "" { segments.removeLast() }
        let canonicalPath = segments == [""] ? "/" : segments.joined(separator: "/")
        return "\(method.uppercased())&\(canonicalPath)&\(canonicalQuery(query))"
    }

    /// The canonical query. Parameters of the same name become one entry, whose values are sorted and joined by
    /// commas.
    private static func canonicalQuery(_ query: String) -> String {
        var values = Dictionary(grouping: parameters(of: query), by: \.name).mapValues { $0.map(\.value) }
        values["token"] = nil
        return values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map {
                "\($0.key)=\($0.value.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ","))"
            }
            .joined(separator: "&")
    }

    /// The canonical names and values of the parameters.
    private static func parameters(of query: String) -> [(name: String, value: String)] {
        query.split(separator: "&").map { parameter in
            let spaced = String(parameter).replacing("+", with: "%20")
            let name = spaced.prefix { $0 != "=" }
            return (canonical(name.utf8), canonical(spaced.dropFirst(name.count + 1).utf8))
        }
    }

    /// The text with every byte percent-encoded, except unreserved characters (RFC 3986 §2.3).
    private static func canonical(_ text: Substring.UTF8View) -> String {
        var bytes = Array(text)[...]
        var result = ""
        while var byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%"), bytes.count >= 2,
                let high = bytes[bytes.startIndex].hexDigitValue, let low = bytes[bytes.startIndex + 1].hexDigitValue
            {
                byte = high << 4 | low
                bytes.removeFirst(2)
            }
            result += byte.percentEncoded
        }
        return result
    }
}

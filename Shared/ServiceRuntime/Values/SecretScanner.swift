/// Finds the parts of a text that look like secrets, from the first to the last. These do:
///
/// - A run of base64url characters (RFC 4648 §5) with `eyJ`, which is how a JOSE header begins (RFC 7515 §3.3). A run that
///   begins so has at least 8 characters; in any other run, at least 13 follow. The segments behind its periods belong to it,
///   also in the alphabet of base64 (RFC 4648 §4).
/// - A run of 40 characters or more that is mixed as random bytes are: it has letters of both cases, or it has only hexadecimal
///   digits of both kinds. The ids of orders, traces and tokens are shorter, and UUIDs in the run do not count.
/// - Credentials behind the word `Bearer`, `Basic` or `DPoP`, and behind any scheme of `Authorization` (RFC 9110 §11.4).
/// - The value behind a name that ends in `token`, `password` or a similar word: `access_token=…`, `"password": "…"`.
/// - The value of a query or form that an authorization server gives or takes: `code=…`, `js_code=…`, `state=…`.
/// - The user information of a URL: `https://user:password@host` (RFC 3986 §3.2.1).
struct SecretScanner: IteratorProtocol {
    /// No shorter text has a secret: `code=` and one character.
    static let minimumBytes = 6

    /// What replaces a secret. Behind a part of a value that is replaced already, the value goes on.
    static let replacement = Array("[redacted]".utf8)

    private let text: PercentDecodedText
    private let bytes: [UInt8]
    private let findsOnlyTokens: Bool
    private var position = 0

    /// Creates a scanner.
    ///
    /// - Parameters:
    ///   - text: The text to search.
    ///   - findsOnlyTokens: Whether to find only the first two kinds of secrets, which look like secrets without their context.
    init(_ text: PercentDecodedText, findsOnlyTokens: Bool = false) {
        self.text = text
        self.findsOnlyTokens = findsOnlyTokens
        bytes = text.bytes
    }

    /// The range of the next secret in the decoded bytes.
    mutating func next() -> Range<Int>? {
        while position < bytes.count {
            let start = position
            position = end(of: start, while: \.isBase64URLCharacter)
            guard position > start else {
                position += 1
                continue
            }
            let run = bytes[start..<position]
            guard let secret = token(run) ?? (findsOnlyTokens ? nil : secret(behind: run)) else { continue }
            position = secret.upperBound
            return secret
        }
        return nil
    }

    private func token(_ run: ArraySlice<UInt8>) -> Range<Int>? {
        guard run.hasHeader else { return run.isRandom ? run.startIndex..<run.endIndex : nil }
        // Some programs write tokens in the alphabet of base64.
        var end = end(of: run.endIndex) { $0.isBase64URLCharacter || "+/=.".utf8.contains($0) }
        // The period of a sentence does not belong to the token.
        while bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return run.startIndex..<end
    }

    private func secret(behind run: ArraySlice<UInt8>) -> Range<Int>? {
        // Most runs have a space behind them.
        guard run.endIndex < bytes.count else { return nil }
        return credentials(behind: run) ?? userInformation(behind: run) ?? value(of: run)
    }

    private func userInformation(behind scheme: ArraySlice<UInt8>) -> Range<Int>? {
        let start = scheme.endIndex + 3
        guard start < bytes.count, bytes[scheme.endIndex] == UInt8(ascii: ":"),
            bytes[scheme.endIndex..<start].elementsEqual("://".utf8)
        else { return nil }
        let isEncoded = (scheme.endIndex..<start).contains(where: text.isEncoded)
        var (end, index) = (start, start)
        while index < bytes.count, !bytes[index].endsAuthority || text.isEncoded(index) && !isEncoded {
            if bytes[index] == UInt8(ascii: "@") { end = index }
            index += 1
        }
        return end > start ? start..<end : nil
    }

    private func credentials(behind scheme: ArraySlice<UInt8>) -> Range<Int>? {
        guard scheme.isWord("bearer") || scheme.isWord("basic") || scheme.isWord("dpop") else { return nil }
        let start = end(of: scheme.endIndex, while: \.isWhiteSpace)
        guard start > scheme.endIndex else { return nil }
        return value(from: start, separator: scheme.endIndex)
    }

    private func value(of name: ArraySlice<UInt8>) -> Range<Int>? {
        let nameEnd = quote(at: name.endIndex)?.end ?? name.endIndex
        let separator = end(of: nameEnd) { $0 == UInt8(ascii: " ") }
        guard separator < bytes.count else { return nil }
        let isAssignment = bytes[separator] == UInt8(ascii: "=")
        guard isAssignment || bytes[separator] == UInt8(ascii: ":"),
            name.namesSecret || name.isAuthorization || isAssignment && name.isParameter
        else { return nil }
        var start = end(of: separator + 1) { $0 == UInt8(ascii: " ") }
        if let quote = quote(at: start) { return value(inside: quote) }
        if name.isAuthorization {
            // Credentials have a scheme in front of them.
            let scheme = end(of: start, while: \.isBase64URLCharacter)
            let credentials = end(of: scheme, while: \.isWhiteSpace)
            if credentials > scheme, credentials < bytes.count,
                !bytes[credentials].endsValue || bytes[credentials...].starts(with: Self.replacement)
            {
                start = credentials
            }
            return value(from: start, separator: separator)
        }
        // A name, a colon and a word may be a sentence.
        guard isAssignment, nameEnd == separator, start == separator + 1 else { return nil }
        return value(from: start, separator: separator)
    }

    /// The value between quotes, or up to the end of the text.
    private func value(inside quote: (byte: UInt8, isEscaped: Bool, end: Int)) -> Range<Int>? {
        var end = quote.end
        while end < bytes.count, bytes[end] != quote.byte {
            guard bytes[end] == UInt8(ascii: "\\") else {
                end += 1
                continue
            }
            guard !quote.isEscaped else { break }
            end = min(end + 2, bytes.count)
        }
        return end > quote.end ? quote.end..<end : nil
    }

    /// The value that begins at `start` and ends before white space or punctuation. An encoded byte belongs to the value, unless
    /// the separator in front of the value is encoded as well: then the text with both is.
    private func value(from start: Int, separator: Int) -> Range<Int>? {
        let isEncoded = text.isEncoded(separator)
        var end = start
        while end < bytes.count {
            if bytes[end...].starts(with: Self.replacement) {
                end += Self.replacement.count
            } else if !bytes[end].endsValue || text.isEncoded(end) && !isEncoded {
                end += 1
            } else {
                break
            }
        }
        return end > start ? start..<end : nil
    }

    /// The quotation mark at `start`. In a text inside a text, a backslash escapes it.
    private func quote(at start: Int) -> (byte: UInt8, isEscaped: Bool, end: Int)? {
        let index = end(of: start) { $0 == UInt8(ascii: "\\") }
        guard index < bytes.count, "\"'".utf8.contains(bytes[index]) else { return nil }
        return (bytes[index], isEscaped: index > start, index + 1)
    }

    private func end(of start: Int, while belongs: (UInt8) -> Bool) -> Int {
        var end = start
        while end < bytes.count, belongs(bytes[end]) { end += 1 }
        return end
    }
}

extension ArraySlice<UInt8> {
    /// Whether a name ends in a word for a secret, in any case: `token`, `access_token`, `clientSecret`.
    var namesSecret: Bool { Self.secretWords.contains(where: ends) }

    private static let secretWords = [
        "token", "password", "passwd", "secret", "session", "session_key", "assertion", "verifier", "credential",
        "credentials", "api_key", "api-key", "apikey", "jwt",
    ].map { Array($0.utf8) }

    /// Whether the run names a field with credentials: `Authorization`, `Proxy-Authorization` (RFC 9110 §11).
    fileprivate var isAuthorization: Bool { isWord("authorization") || isWord("proxy-authorization") }

    /// Whether the run names a secret parameter of OAuth 2.0 or of the sign-in with WeChat. The words have other
    /// meanings elsewhere.
    fileprivate var isParameter: Bool { Self.parameters.contains(where: isWord) }

    private static let parameters = ["code", "js_code", "auth_code", "device_code", "user_code", "state", "nonce"]

    /// Whether the run is `word`, in any case. `word` is in lower case.
    fileprivate func isWord(_ word: String) -> Bool {
        count == word.utf8.count && elementsEqual(word.utf8) { $0.lowercased == $1 }
    }

    // Every run of every log line is compared with all words, so the comparison begins with the byte that most often differs.
    private func ends(in word: [UInt8]) -> Bool {
        guard count >= word.count else { return false }
        let start = endIndex - word.count
        return word.indices.reversed().allSatisfy { self[start + $0].lowercased == word[$0] }
    }

    /// Whether the run has the beginning of a JOSE header and enough characters behind it.
    fileprivate var hasHeader: Bool {
        guard count >= 16 else { return count >= 8 && isHeader(at: startIndex) }
        return isHeader(at: startIndex) || indices.dropLast(15).contains(where: isHeader)
    }

    private func isHeader(at index: Int) -> Bool {
        self[index] == UInt8(ascii: "e") && self[index + 1] == UInt8(ascii: "y") && self[index + 2] == UInt8(ascii: "J")
    }

    /// The number of bytes outside of the UUIDs in the run. A UUID ends with the run, or at a `-` or `_`.
    private var countOutsideOfUUIDs: Int {
        var (outside, index) = (count, startIndex)
        while outside >= Self.uuidCount, index + Self.uuidCount <= endIndex {
            if isUUID(from: index) {
                outside -= Self.uuidCount
                index += Self.uuidCount
            } else {
                index += 1
            }
        }
        return outside
    }

    private static let uuidCount = 36

    /// Whether a UUID begins at `start` (RFC 9562 §4), and nothing that belongs to it is before or behind it.
    private func isUUID(from start: Int) -> Bool {
        let end = start + Self.uuidCount
        return (start == startIndex || self[start - 1].isSeparator) && (end == endIndex || self[end].isSeparator)
            && (start..<end).allSatisfy {
                [8, 13, 18, 23].contains($0 - start)
                    ? self[$0] == UInt8(ascii: "-") : self[$0].hexDigitValue != nil
            }
    }

    fileprivate var isRandom: Bool {
        guard count >= 40, countOutsideOfUUIDs >= 40 else { return false }
        let (hasLowercase, hasUppercase) = (contains(where: \.isLowercaseLetter), contains(where: \.isUppercaseLetter))
        if hasLowercase, hasUppercase { return true }
        return hasLowercase != hasUppercase && contains(where: \.isASCIIDigit) && allSatisfy { $0.hexDigitValue != nil }
    }
}

extension UInt8 {
    fileprivate var isBase64URLCharacter: Bool {
        isASCIILetter || isASCIIDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
    }

    fileprivate var isSeparator: Bool { self == UInt8(ascii: "-") || self == UInt8(ascii: "_") }
    fileprivate var isUppercaseLetter: Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self }
    fileprivate var isLowercaseLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self }
    fileprivate var lowercased: UInt8 { isUppercaseLetter ? self | 0x20 : self }

    /// Whether the byte is a control character, a space, or punctuation that no credential and no encoded form has.
    fileprivate var endsValue: Bool { self <= UInt8(ascii: " ") || "&;,\"'\\()[]{}<>#|".utf8.contains(self) }

    /// Whether the byte is a control character, a space, or a delimiter that ends the authority of a URL (RFC 3986 §3.2).
    fileprivate var endsAuthority: Bool { self <= UInt8(ascii: " ") || "/?#\"<>\\".utf8.contains(self) }
}

/// The encoded headers that this module and other common libraries write for the keys of a set.
///
/// They are computed once, in advance. If a token begins with one of them, the verifier does not parse its header.
struct KnownHeaders: Sendable {
    private struct Entry {
        /// The position of the header in `texts`, with the period after it.
        let range: Range<Int>
        let choice: KeyChoice
        /// The length of the encoded signature.
        let signatureCount: Int
    }

    private var texts: [UInt8] = []
    private var entries: [Entry] = []

    init(keys: KeySet, type: String?) {
        let type = type ?? "JWT"
        for (index, key) in keys.keys.enumerated() {
            if let id = key.id { add(key.algorithm, [("kid", id)], type, .key(index)) }
        }
        for algorithm in Algorithm.allCases where keys.keys.contains(where: { $0.algorithm == algorithm }) {
            add(algorithm, [], type, .every(algorithm))
        }
    }

    /// The parts of a token with a known header; nil for another header, or when the length of the signature does not
    /// match the algorithm.
    @inline(__always)
    func match(_ token: Span<UInt8>) -> (parts: CompactToken, choice: KeyChoice)? {
        for index in entries.indices {
            let entry = entries[index]
            let secondPeriod = token.count - entry.signatureCount - 1
            guard secondPeriod >= entry.range.count, token.byte(secondPeriod) == UInt8(ascii: "."),
                texts.span.equals(entry.range, token.extracting(first: entry.range.count))
            else { continue }
            let parts = CompactToken(
                count: token.count, firstPeriod: entry.range.count - 1, secondPeriod: secondPeriod)
            return (parts, entry.choice)
        }
        return nil
    }

    /// Adds the header in each order of members that this module, golang-jwt, jose, PyJWT and jwt-kit write.
    private mutating func add(_ algorithm: Algorithm, _ id: [(String, String)], _ type: String, _ choice: KeyChoice) {
        let (alg, typ) = (("alg", algorithm.rawValue), ("typ", type))
        for order in [[alg] + id + [typ], [alg, typ] + id, [typ, alg] + id, [alg] + id] {
            if order.count == 1 + id.count, type != "JWT" { continue }
            let text = Header.encoded(order.map { JSONValue.Member($0.0, .string($0.1)) })
            let signatureCount = Base64URL.encodedCount(algorithm.signatureBytes)
            entries.append(
                Entry(range: texts.count..<(texts.count + text.count), choice: choice, signatureCount: signatureCount))
            texts += text
        }
    }
}

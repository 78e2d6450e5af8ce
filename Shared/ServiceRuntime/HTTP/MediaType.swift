/// The media type of a body (RFC 9110 §8.3.1).
public enum MediaType {
    /// The media type of a form (WHATWG URL Standard §5.1).
    public static let form = "application/x-www-form-urlencoded"

    /// The media type in lower case and without parameters, as in `application/json`.
    ///
    /// White space is accepted around `;` only.
    ///
    /// - Parameter fields: The values of all fields `Content-Type`. Nil unless there is one, and it matches the grammar.
    static func essence(_ fields: [String]) -> String? {
        guard fields.count == 1, let text = fields[0].split(separator: ";", omittingEmptySubsequences: false).first
        else {
            return nil
        }
        let type = text.utf8.reversed().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.reversed()
        let parts = type.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isHTTPTokenCharacter) }) else {
            return nil
        }
        return String(decoding: type, as: UTF8.self).lowercased()
    }
}

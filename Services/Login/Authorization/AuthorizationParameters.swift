import ServiceRuntime

/// The parameters of an authorization request (RFC 6749 §4.1.1), as they stand in the query.
///
/// Most errors are reported to the client, at an address that is itself a parameter. So each parameter is read on its
/// own, and the form as a whole is checked later.
struct AuthorizationParameters: Sendable {
    /// The parameters that may occur more than once (RFC 8707 §2).
    private static let repeatable: Set = ["resource"]

    /// The values by name; nil for a value that is not percent-encoded UTF-8.
    private var values: [String: [String?]] = [:]
    private var hasMalformedName = false

    /// - Parameter query: The query of the request, without its question mark.
    init(query: String?) {
        for field in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = URLEncodedForm.decode(parts[0]) else {
                hasMalformedName = true
                continue
            }
            values[name, default: []].append(parts.count == 2 ? URLEncodedForm.decode(parts[1]) : "")
        }
    }

    /// The value of a parameter. Nil when it is missing, empty, malformed or repeated.
    func value(of name: String) -> String? {
        guard let values = values[name], values.count == 1, let value = values[0], !value.isEmpty else { return nil }
        return value
    }

    /// The values of a parameter that may be repeated, without empty ones.
    func values(of name: String) -> [String] {
        (values[name] ?? []).compactMap { $0 }.filter { !$0.isEmpty }
    }

    /// Checks that every parameter is well-formed, and that none is repeated that may not be.
    ///
    /// - Throws: `OAuthError` with `invalid_request`.
    func validate() throws(OAuthError) {
        guard !hasMalformedName, values.values.allSatisfy({ $0.allSatisfy { $0 != nil } }) else {
            throw OAuthError(.invalidRequest, "The query is not percent-encoded UTF-8.")
        }
        guard values.allSatisfy({ $0.value.count == 1 || Self.repeatable.contains($0.key) }) else {
            throw OAuthError(.invalidRequest, "The query has a parameter twice.")
        }
    }
}

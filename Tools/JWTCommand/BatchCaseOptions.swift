import FoundationEssentials
import JWT

/// The options of a case. A missing option has a default, and an unknown one is ignored.
///
/// An option of a wrong type makes the case malformed. If such an option were ignored, the verifier could accept a
/// token that the case rejects.
struct BatchCaseOptions {
    /// The algorithms that the case allows and the module JWT supports.
    let algorithms: [Algorithm]
    let policy: Policy
    let now: NumericDate
    private let exactNow: ExactSeconds
    private let exactLeeway: ExactSeconds

    /// - Throws: `CommandError` with the code `malformed`, which names the option.
    init(_ options: JSONValue?) throws(CommandError) {
        guard options == nil || options?.members != nil else {
            throw CommandError(.malformed, "the options are not an object")
        }
        let reader = OptionReader(members: options?.members ?? [])
        let names = try reader.value("algorithms", "a list of names", \.strings) ?? ["HS256"]
        algorithms = Algorithm.allCases.filter { names.contains($0.rawValue) }
        let issuers = try reader.value("issuer", allowsNull: true, "a name, a list of names or null") { value in
            value.string.map { [$0] } ?? value.strings
        }
        let audience = try reader.value("audience", allowsNull: true, "a name or null", \.string)
        let required = try reader.value("required", "a list of names", \.strings) ?? []
        exactNow = try reader.value("now", "a number of seconds", ExactSeconds.init) ?? ExactSeconds(.now)
        let zero = ExactSeconds(NumericDate(seconds: 0))
        exactLeeway = max(try reader.value("leeway", "a number of seconds", ExactSeconds.init) ?? zero, zero)
        now = exactNow.roundedUp
        // If `now` or `leeway` has a fraction, `checkFractions` checks the dates in place of the verifier.
        let leeway = exactNow.isWhole && exactLeeway.isWhole ? exactLeeway.roundedUp.seconds : .max
        policy = Policy(corpusIssuers: issuers, audience: audience, leeway: leeway, required: required)
    }

    /// Compares the dates of an accepted token exactly, if `now` or `leeway` has a fraction. The module JWT compares
    /// whole seconds. This check comes last because a verifier also checks the dates last.
    func checkFractions(_ token: VerifiedToken) throws(CommandError) {
        guard !exactNow.isWhole || !exactLeeway.isWhole else { return }
        if let expiry = token["exp"].flatMap(ExactSeconds.init), exactNow.exact - exactLeeway.exact >= expiry.exact {
            throw CommandError(.expired, "the token has expired")
        }
        if let start = token["nbf"].flatMap(ExactSeconds.init), start.exact - exactLeeway.exact > exactNow.exact {
            throw CommandError(.notYetValid, "the token is not valid yet")
        }
    }
}

private struct OptionReader {
    let members: [JSONValue.Member]

    /// The value of an option; nil when it is missing, or when it is null and `allowsNull` is true.
    func value<Value>(
        _ name: String, allowsNull: Bool = false, _ expectation: String, _ read: (JSONValue) -> Value?
    ) throws(CommandError) -> Value? {
        guard let value = JSONValue.object(members)[name] else { return nil }
        if allowsNull, case .null = value { return nil }
        guard let result = read(value) else {
            throw CommandError(.malformed, "the option \(name) is not \(expectation)")
        }
        return result
    }
}

extension JSONValue {
    /// The elements of an array of strings; nil for other values.
    fileprivate var strings: [String]? {
        guard let strings = array?.compactMap(\.string), strings.count == array?.count else { return nil }
        return strings
    }
}

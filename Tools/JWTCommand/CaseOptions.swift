import FoundationEssentials
import JWT

/// What a case of a corpus asks of the verifier. An option that is not there has a default, and one of another name means
/// nothing; one of the wrong type is a fault of the case, because passing over it could accept what it was to refuse.
struct CaseOptions {
    /// The allowed ones that this module has.
    let algorithms: [Algorithm]
    let policy: Policy
    let now: NumericDate
    private let exactNow: Seconds
    private let exactLeeway: Seconds

    /// - Throws: `Failure` of the code `malformed`, which names the option.
    init(_ options: JSONValue?) throws(Failure) {
        guard options == nil || options?.members != nil else {
            throw Failure("malformed", "the options are not an object")
        }
        let options = Options(members: options?.members ?? [])
        let names = try options.value("algorithms", "a list of names", \.strings) ?? ["HS256"]
        algorithms = Algorithm.allCases.filter { names.contains($0.rawValue) }
        let issuers = try options.value("issuer", orNull: true, "a name, a list of names or null") { value in
            value.string.map { [$0] } ?? value.strings
        }
        let audience = try options.value("audience", orNull: true, "a name or null", \.string)
        let required = try options.value("required", "a list of names", \.strings) ?? []
        exactNow = try options.value("now", "a number of seconds", Seconds.init) ?? Seconds(Edge.now)
        // As everywhere, leeway below 0 is none.
        exactLeeway = max(try options.value("leeway", "a number of seconds", Seconds.init) ?? Seconds(0), Seconds(0))
        now = exactNow.roundedUp
        // Where there are fractions, `checkFractions` decides by them.
        let leeway = exactNow.isWhole && exactLeeway.isWhole ? exactLeeway.roundedUp.seconds : .max
        policy = Policy(corpusIssuers: issuers, audience: audience, leeway: leeway, required: required)
    }

    /// Compares the dates of a token that was accepted exactly, where `now` or `leeway` has a fraction, which the clock of
    /// the module has not. It does so last, as a verifier does.
    func checkFractions(_ token: VerifiedToken) throws(Failure) {
        guard !exactNow.isWhole || !exactLeeway.isWhole else { return }
        if let expiry = token["exp"].flatMap(Seconds.init), exactNow.exact - exactLeeway.exact >= expiry.exact {
            throw Failure(JWTError.Code.expired.rawValue, "the token has expired")
        }
        if let start = token["nbf"].flatMap(Seconds.init), start.exact - exactLeeway.exact > exactNow.exact {
            throw Failure(JWTError.Code.notYetValid.rawValue, "the token is not valid yet")
        }
    }
}

/// The options as they stand in a case.
private struct Options {
    let members: [JSONValue.Member]

    /// The value of an option; nil when it is not there, or is null where it may be.
    func value<Value>(
        _ name: String, orNull: Bool = false, _ shape: String, _ read: (JSONValue) -> Value?
    ) throws(Failure) -> Value? {
        guard let value = JSONValue.object(members)[name] else { return nil }
        if orNull, case .null = value { return nil }
        guard let result = read(value) else { throw Failure("malformed", "the option \(name) is not \(shape)") }
        return result
    }
}

/// A number of seconds as a case or a token gives it, to 38 digits.
private struct Seconds: Comparable {
    let exact: Decimal
    let roundedUp: NumericDate

    var isWhole: Bool { exact == Decimal(roundedUp.seconds) }

    init(_ date: NumericDate) {
        exact = Decimal(date.seconds)
        roundedUp = date
    }

    static func < (a: Seconds, b: Seconds) -> Bool { a.exact < b.exact }

    /// Nil when it is not a number, or outside of 64 bits.
    init?(_ value: JSONValue) {
        guard let date = NumericDate(value) else { return nil }
        roundedUp = date
        exact = Decimal(string: value.text) ?? Decimal(date.seconds)
    }
}

extension JSONValue {
    /// The strings of an array that has nothing else in it; nil for other values.
    fileprivate var strings: [String]? {
        guard let strings = array?.compactMap(\.string), strings.count == array?.count else { return nil }
        return strings
    }
}

/// An amount of money. Its description is the text for people, such as `12.50 EUR`.
struct Money: Sendable, CustomStringConvertible {
    let cents: Int
    let currency: String

    var description: String {
        let (whole, rest) = cents.quotientAndRemainder(dividingBy: 100)
        return "\(whole).\(rest < 10 ? "0" : "")\(rest) \(currency)"
    }
}

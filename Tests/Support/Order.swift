/// An order in a response of orders.
public struct Order: Decodable, Equatable, Sendable {
    /// The id of the order.
    public let id: String
    /// `placed` or `cancelled`.
    public let status: String
    /// The currency of the total.
    public let currency: String
    /// The total in hundredths of the currency.
    public let totalCents: Int
}

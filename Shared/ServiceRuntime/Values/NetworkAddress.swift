/// The networks of clients. Connections and failed sign-ins are counted for a network.
public enum NetworkAddress {
    /// The network of a client: an IPv4 address itself, the first 64 bits of an IPv6 address, and `unknown` without a
    /// socket.
    ///
    /// - Parameter address: The text of `inet_ntop`, as in `2001:db8::7` or `::ffff:192.0.2.1`.
    public static func network(of address: String?) -> String {
        guard let address else { return "unknown" }
        guard address.contains(":") else { return address }
        if address.contains("."), let colon = address.lastIndex(of: ":") {
            return String(address[address.index(after: colon)...])
        }
        return groups(of: address).prefix(4).joined(separator: ":") + "::/64"
    }

    /// The eight groups of an IPv6 address, including those that `::` stands for.
    private static func groups(of address: String) -> [Substring] {
        let halves = address.prefix { $0 != "%" }.split(separator: "::", omittingEmptySubsequences: false)
            .map { $0.split(separator: ":") }
        guard halves.count == 2 else { return halves[0] }
        let zeros = max(0, 8 - halves[0].count - halves[1].count)
        return halves[0] + Array(repeating: "0", count: zeros) + halves[1]
    }
}

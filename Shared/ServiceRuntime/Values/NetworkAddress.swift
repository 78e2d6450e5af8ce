/// The networks of clients, for which connections and failed sign-ins are counted, and the addresses of this machine.
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

    /// Whether an IP address is one of this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    ///
    /// - Parameter address: The text of `inet_ntop`.
    public static func isLoopback(_ address: String) -> Bool {
        let network = network(of: address)
        return network.hasPrefix("127.") || network == "0:0:0:0::/64" && address.hasSuffix("::1")
    }

    /// Whether a URL is one of plain HTTP to this machine, where an encrypted connection is not needed.
    public static func isPlainLoopbackURL(_ url: String) -> Bool {
        ["localhost", "127.0.0.1", "[::1]"].map { "http://\($0)" }.contains { host in
            url == host || url.hasPrefix("\(host):") || url.hasPrefix("\(host)/")
        }
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

import ServiceRuntime
import Testing

@Suite struct NetworkAddressTests {
    @Test(arguments: [
        (nil, "unknown"), ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8::7", "2001:db8:0:0::/64"), ("::1", "0:0:0:0::/64"),
        ("fe80::1%eth0", "fe80:0:0:0::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"), ("::", "0:0:0:0::/64"),
    ])
    func `failures are counted for an IPv4 address or an IPv6 network`(address: String?, network: String) {
        #expect(NetworkAddress.network(of: address) == network)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("192.0.2.1", false),
        ("::2", false), ("::", false), ("2001:db8::1", false), ("::ffff:192.0.2.1", false), ("::1:1", false),
    ])
    func `an address of this machine is recognized`(address: String, isLoopback: Bool) {
        #expect(NetworkAddress.isLoopback(address) == isLoopback)
    }

    @Test(arguments: [
        ("http://localhost", true), ("http://localhost:8080", true), ("http://127.0.0.1/x", true),
        ("http://[::1]", true),
        ("https://localhost", false), ("http://localhost.example", false), ("http://127.0.0.1.example", false),
        ("http://login", false), ("localhost", false),
    ])
    func `a URL of plain HTTP to this machine is recognized`(url: String, isLoopback: Bool) {
        #expect(NetworkAddress.isPlainLoopbackURL(url) == isLoopback)
    }
}

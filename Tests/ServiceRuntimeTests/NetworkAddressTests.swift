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
}

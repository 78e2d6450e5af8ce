import Foundation
import TestSupport
import Testing

@Suite struct GatewayTests {
    /// Files of programs that the page starts, with their packages in Debian.
    private static let packages = [
        "/usr/sbin/apache2": "apache2-bin",
        "/usr/lib/apache2/modules/mod_auth_openidc.so": "libapache2-mod-auth-openidc",
        "/usr/sbin/haproxy": "haproxy",
        "/usr/sbin/nginx": "nginx",
    ]

    @Test(.timeLimit(.minutes(5)))
    func `nginx, Apache, HAProxy and Envoy accept the tokens that the documentation says, and reject all others`()
        async throws
    {
        let missing = Self.packages.filter { !FileManager.default.fileExists(atPath: $0.key) }.values.sorted()
        try #require(missing.isEmpty, "Install what is missing: scripts/setup \(missing.joined(separator: " "))")
        try await ExecutablePage("docs/gateways.md").check(environment: [
            "TOKEN_AUDIENCES": "login catalog orders inbox archive"
        ])
    }
}

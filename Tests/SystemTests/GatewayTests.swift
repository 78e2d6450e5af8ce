import Foundation
import JWT
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct GatewayTests {
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
        try await ExecutablePage("docs/gateways.md").check(
            environment: ["TOKEN_AUDIENCES": "login catalog orders inbox archive"], preparing: Self.addKeyWithZeroByte)
    }

    /// Lets another key sign. C programs easily read a key only up to its first zero byte, as `jwt_verify` of HAProxy
    /// does. One in nine random keys has such a byte; this one has it at its start.
    private static func addKeyWithZeroByte(to cluster: Cluster) throws {
        let file = cluster.directory.appending(path: "secrets/jwt.json")
        let secret = Base64URL.encode(Array(0...31))
        let key = #"{"kty":"oct","use":"sig","alg":"HS256","kid":"zero","k":"\#(secret)"}"#
        let keys = try String(contentsOf: file, encoding: .utf8)
        try Data(keys.replacing(#"{"keys":["#, with: #"{"keys":[\#(key),"#).utf8).write(to: file)
    }
}

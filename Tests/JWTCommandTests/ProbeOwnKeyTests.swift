import Foundation
import JWT
import TestSupport
import Testing

/// The keys that tokens of `jwt probe` offer, at services with each family of algorithms.
@Suite struct ProbeOwnKeyTests {
    private static let claims = #"{"sub":"alice"}"#

    /// A token that a service of a test accepts because of its text.
    private static func goodToken(_ algorithm: String) -> String {
        let header = #"{"alg":"\#(algorithm)","kid":"one"}"#
        return [header, claims, "signature of the service"].map { Base64URL.encode(Array($0.utf8)) }
            .joined(separator: ".")
    }

    private static func header(_ token: some StringProtocol) -> JSONValue? {
        let part = token.prefix { $0 != "." }
        return Base64URL.decode(String(part)).flatMap(JSONValue.init(object:))
    }

    private static func decide(
        _ authorization: String?, _ good: String, trusts: (JSONValue) -> Bool
    ) -> ProbedService.Response {
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else {
            return ProbedService.rejected
        }
        if authorization.dropFirst(7) == good.dropFirst(7) { return ProbedService.accepted }
        return header(authorization.dropFirst(7)).map(trusts) == true ? ProbedService.accepted : ProbedService.rejected
    }

    @Test(arguments: [
        ("HS512", "oct"), ("RS256", "RSA"), ("PS384", "RSA"), ("ES256", "EC"), ("ES512", "EC"), ("EdDSA", "OKP"),
    ])
    func `a service that trusts the key of the header in its one algorithm is found`(algorithm: String, kty: String)
        async throws
    {
        let result = try await ProbedService(Self.goodToken(algorithm)) { authorization, good in
            Self.decide(authorization, good) {
                $0["alg"]?.string == algorithm && $0["jwk"]?["kty"]?.string == kty && $0["kid"] == nil
            }
        }.probe([])
        #expect(result.status == 1)
        #expect(result.output.contains("✗ jwk                   200"), "\(result.output)\(result.error)")
        #expect(result.output.contains("✓ kid-sql") || algorithm == "EdDSA")
        #expect(result.output.contains("- kid-path") == (kty != "oct"))
    }

    @Test func `the checks of keys are not held for an algorithm that the probe cannot use`() async throws {
        let result = try await ProbedService(Self.goodToken("ES256K")) { authorization, good in
            Self.decide(authorization, good) { _ in false }
        }.probe([])
        #expect(result.status == 0)
        for name in ["jwk  ", "jku  ", "x5u  ", "kid-unknown  ", "kid-sql  ", "kid-long  ", "key-example  "] {
            #expect(result.output.contains("- \(name)"), "\(name)")
        }
        #expect(
            result.output.contains(#"not sent: the probe cannot sign with the algorithm "ES256K" of the good token"#))
    }

    @Test(arguments: ["HS256", "RS256", "ES384"], [true, false])
    func `a service that fetches the URL of the header is found, whether it accepts the token or not`(
        algorithm: String, accepts: Bool
    ) async throws {
        let result = try await ProbedService(Self.goodToken(algorithm)) { authorization, good in
            Self.decide(authorization, good) { header in
                guard let url = header["jku"]?.string ?? header["x5u"]?.string,
                    let fetched = try? Command.run(["-s", "--noproxy", "*", url], of: URL(filePath: "/usr/bin/curl"))
                else { return false }
                let keys = JSONValue(object: Array(fetched.output.utf8))?["keys"]?.array
                let isKey =
                    keys?.first?["kid"]?.string == header["kid"]?.string && header["alg"]?.string == algorithm
                    || fetched.output.hasPrefix("-----BEGIN CERTIFICATE-----")
                return accepts && isKey
            }
        }.probe([])
        #expect(result.status == 1)
        for name in ["jku", "x5u"] {
            let line = try #require(result.output.split(separator: "\n").first { $0.contains(" \(name)  ") })
            #expect(line.hasPrefix("✗ \(name)                   \(accepts ? 200 : 401)"), "\(line)")
            #expect(line.contains("the service fetched the URL, which responds only during a probe; "))
        }
        #expect(result.output.contains(" 2 findings, "), "\(result.output)")
    }

    @Test(arguments: ["RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "HS256"])
    func `another implementation verifies a token with the certificate of its header`(algorithm: String) throws {
        let folder = try TemporaryFolder()
        let token = try Command.jwt(
            "probe", "http://localhost:1/", "--print", "x5c", input: Self.goodToken(algorithm)
        ).output.trimmingCharacters(in: .newlines)
        let parts = token.split(separator: ".").map(String.init)
        let header = try #require(Self.header(token))
        let used = try #require(header["alg"]?.string)
        #expect(used == (algorithm == "HS256" ? "ES256" : algorithm))
        let certificate = try #require(header["x5c"]?.array?.first?.string.flatMap { Data(base64Encoded: $0) })
        var signature = Data(try #require(Base64URL.decode(parts[2])))
        if used.hasPrefix("ES") { signature = Self.der(signature) }
        try certificate.write(to: folder.file("certificate"))
        try signature.write(to: folder.file("signature"))
        try Data("\(parts[0]).\(parts[1])".utf8).write(to: folder.file("input"))
        let padding =
            used.hasPrefix("PS") ? "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest" : ""
        let result = try Command.shell(
            """
            cd \(folder.path) && openssl x509 -inform DER -in certificate -pubkey -noout >public.pem &&
            openssl dgst -sha\(used.suffix(3)) \(padding) -verify public.pem -signature signature input
            """)
        #expect(result.output == "Verified OK\n", "\(result.error)")
    }

    /// The two numbers of an ECDSA signature in DER.
    private static func der(_ signature: Data) -> Data {
        let half = signature.count / 2
        let numbers = [signature.prefix(half), signature.suffix(half)].map { number -> Data in
            let bytes = Data(number.drop { $0 == 0 })
            let positive = (bytes.first ?? 0) & 0x80 == 0 ? bytes : Data([0]) + bytes
            return Data([2, UInt8(positive.count)]) + positive
        }
        let content = numbers[0] + numbers[1]
        return Data(content.count < 128 ? [0x30, UInt8(content.count)] : [0x30, 0x81, UInt8(content.count)]) + content
    }
}

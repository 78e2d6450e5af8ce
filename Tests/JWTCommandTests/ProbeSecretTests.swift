import Foundation
import JWT
import Libcrypto
import TestSupport
import Testing

/// `jwt probe` at services whose secret is weak.
@Suite struct ProbeSecretTests {
    /// A service that compares only the algorithm and the HMAC.
    private struct Weak {
        let token: String
        let service: ProbedService

        init(_ secret: String, _ algorithm: Algorithm) throws {
            let secret = Array(secret.utf8)
            let function: HashFunction =
                switch algorithm {
                case .hs256: .sha256
                case .hs384: .sha384
                case .hs512: .sha512
                }
            let key = HMACKey(function, secret: secret)
            token = try Signer(key: Key(insecureExampleSecret: secret, algorithm)).sign(
                JSONValue.object([.init("sub", "alice"), .init("iss", "login"), .init("aud", "orders")]))
            service = ProbedService(token) { authorization, _ in
                let parts = authorization?.dropFirst(7).split(separator: ".", omittingEmptySubsequences: false) ?? []
                guard parts.count == 3,
                    let header = Base64URL.decode(String(parts[0])).flatMap(JSONValue.init(object:)),
                    header["alg"]?.string == algorithm.rawValue, let code = Base64URL.decode(String(parts[2])),
                    key.isValid(code.span, for: Array("\(parts[0]).\(parts[1])".utf8).span)
                else { return ProbedService.rejected }
                return ProbedService.accepted
            }
        }
    }

    @Test(arguments: Algorithm.allCases)
    func `a secret from a tutorial is found with each hash, and no usable token is shown`(algorithm: Algorithm)
        async throws
    {
        let weak = try Weak("secret", algorithm)
        let result = try await weak.service.probe([])
        #expect(result.status == 1)
        #expect(result.output.contains("✗ key-example           200"), "\(result.output)")
        #expect(result.output.contains(#"$("#) && result.output.contains(" --print key-example --token "))
        let signature = try #require(weak.token.split(separator: ".").last)
        #expect(!result.output.contains(signature.prefix(8)))
    }

    @Test(
        arguments: Algorithm.allCases,
        [
            #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"c2hvcnQtc2VjcmV0"}]}"#,
            #"{"kty":"oct","k":"c2hvcnQtc2VjcmV0"}"#,
            #"{"kty":"oct","alg":"HS256","kid":"","k":"c2hvcnQtc2VjcmV0"}"#,
        ])
    func `a key file with a short secret, one JWK or no alg serves to sign tokens`(algorithm: Algorithm, keys: String)
        async throws
    {
        let folder = try TemporaryFolder()
        try keys.write(to: folder.file("keys.json"), atomically: true, encoding: .utf8)
        let result = try await Weak("short-secret", algorithm).service.probe(["--keys", folder.path("keys.json")])
        #expect(result.status == 1, "\(result.error)")
        #expect(result.output.contains("✗ key-short             200"), "\(result.output)")
        #expect(result.output.contains("✗ expired               200"), "\(result.output)")
        #expect(result.output.contains("✓ alg-other-hash        401"), "\(result.output)")
    }

    @Test(arguments: ["{}", "[]", #"{"kty":"RSA","n":"AQAB"}"#, #"{"keys":[{"kty":"oct","k":"+/"}]}"#, #"{"keys":7}"#])
    func `a key file without a secret is an error that says what to give`(keys: String) throws {
        let folder = try TemporaryFolder()
        try keys.write(to: folder.file("keys.json"), atomically: true, encoding: .utf8)
        let token = try Weak("secret", .hs256).token
        let result = try Command.jwt("probe", "http://127.0.0.1:9/", "--keys", folder.path("keys.json"), input: token)
        #expect(result.status == 3)
        #expect(result.error.hasPrefix("error: key: \(folder.path("keys.json")) "), "\(result.error)")
    }

    @Test(arguments: ["AA_", "A_", "AA-", "AAA_"])
    func `a good token whose signature ends in unusual bits is probed`(signature: String) throws {
        let token = "eyJhbGciOiJIUzI1NiJ9.e30.\(signature)"
        let result = try Command.jwt("probe", "http://localhost:1/", "--print", "tail-bits", input: token)
        #expect([0, 3].contains(result.status), "\(result.status)")
        #expect((result.status == 0) == (signature.count % 4 > 1))
        #expect(result.output.isEmpty || result.output.hasPrefix(token.dropLast()))
    }
}

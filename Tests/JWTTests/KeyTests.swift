import Libcrypto
import Testing

@testable import JWT

/// The secrets that a key may have (RFC 7518 section 3.2, RFC 8725 sections 3.1 and 3.5).
@Suite struct KeyTests {
    @Test(arguments: Algorithm.allCases)
    func `a secret that is shorter than the hash is rejected`(algorithm: Algorithm) throws {
        let exact = [UInt8](repeating: 0x5A, count: algorithm.minimumSecretBytes)
        _ = try Key(algorithm, secret: exact)
        #expect(code { try Key(algorithm, secret: exact.dropLast()) } == .tooShort)
        #expect(code { try Key(algorithm, secret: []) } == .empty)
    }

    @Test func `a secret above the size limit is rejected`() {
        #expect(code { try Key(secret: Array(repeating: 1, count: Key.maximumSecretBytes + 1)) } == .tooLarge)
    }

    @Test(arguments: [
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
        "  \r\n-----BEGIN RSA PUBLIC KEY-----\r\nMIIBCgKCAQEA\r\n-----END RSA PUBLIC KEY-----\r\n",
        "\u{FEFF}-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIUF",
        "Proc-Type: 4\n-----BEGIN EC PRIVATE KEY-----\nMHcC",
        "---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3NzaC1yc2EAAAADAQAB",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 someone@example",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUrS", "ssh-ed448 AAAACXNzaC1lZDQ0OAAAADlu5cNjZlO9",
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5", "ssh-rsa-cert-v01@openssh.com AAAAHHNzaC1yc2Et",
        "\u{0}\u{0}\u{0}\u{7}ssh-rsa\u{0}\u{0}\u{0}\u{3}\u{1}\u{0}\u{1}\u{0}\u{0}\u{1}\u{1}\u{0}",
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: a", "openssh-key-v1\u{0}\u{0}\u{0}\u{0}\u{4}none",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI",
        #"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx","e":"AQAB"}"#,
        #" { "kty" : "EC", "crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4" }"#,
        #"{"keys":[]}                        "#, #"{"\u006bty":"RSA","n":"0vx7agoebGcQSuuPiLJXZp","e":"AQAB"}"#,
        #"{"x":[{"y":1}],"ke\u0079s":[]}              "#,
    ])
    func `the text of a key of another kind is rejected as a secret`(text: String) {
        #expect(code { try Key(secret: Array(text.utf8)) } == .anotherKind)
        #expect(code { try Key(insecureExampleSecret: Array(text.utf8)) } == .anotherKind)
    }

    @Test func `the binary form of a public key is rejected as a secret`() {
        let rsa: [UInt8] = [
            0x30, 0x82, 1, 0x22, 0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0, 3, 0x82,
        ]
        let ec: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
        ]
        for key in [rsa, ec] {
            #expect(code { try Key(secret: key + repeatElement(7, count: 64)) } == .anotherKind)
        }
    }

    /// The beginnings and lengths of keys that OpenSSL writes. The numbers of the keys are left out.
    @Test(arguments: [
        ("Ed25519 SPKI", "302a300506032b6570032100", 44), ("X25519 SPKI", "302a300506032b656e032100", 44),
        ("Ed448 SPKI", "3043300506032b6571033a00", 69), ("Ed25519 PKCS#8", "302e020100300506032b657004220420", 48),
        ("ML-DSA-65 SPKI", "308207b2300b0609608648016503040312038207a100", 1974),
        ("DSA SPKI", "30820343308202" + "3506072a8648ce3804013082", 839), ("RSA PKCS#1", "3082010a0282010100", 270),
        ("RSA PKCS#1, 1024 bits", "30818902818100", 140), ("SEC1 P-256", "30770201010420", 121),
        ("RSA private PKCS#1", "308204a40201000282010100", 1192), ("X.509", "308201b33082015aa003020102", 439),
    ])
    func `the binary form of a key of any kind is rejected as a secret`(name: String, beginning: String, count: Int) {
        let bytes = stride(from: 0, to: beginning.utf8.count, by: 2).compactMap {
            UInt8(beginning.dropFirst($0).prefix(2), radix: 16)
        }
        let key = bytes + repeatElement(0xAB, count: count - bytes.count)
        #expect(code { try Key(secret: key) } == .anotherKind)
        #expect(code { try Key(secret: key.dropLast()) } == nil || name.contains("X.509"))
    }

    @Test func `random bytes are accepted as a secret, whatever they begin with`() throws {
        var state: UInt64 = 1
        for round in 0..<20_000 {
            var secret = (0..<32).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            if round % 2 == 0 { secret[0] = 0x30 }
            _ = try Key(secret: secret)
        }
        _ = try Key(secret: [0x30, 30] + repeatElement(0, count: 30))
        _ = try Key(secret: [0x30, 30, 0x02, 0xFF] + repeatElement(0, count: 28))
    }

    @Test(arguments: ["a-string-secret-at-least-256-bits-long", "your-secret-key-at-least-32-bytes-long"])
    func `a published example secret is rejected even if it is long enough`(text: String) {
        #expect(code { try Key(secret: Array(text.utf8)) } == .placeholder)
    }

    @Test(arguments: ["secret", "12345", "foxtrot"])
    func `a short example secret is accepted only by the initializer for examples`(text: String) throws {
        let error = code { try Key(secret: Array(text.utf8)) }
        #expect(error == .tooShort || error == .placeholder)
        _ = try Key(insecureExampleSecret: Array(text.utf8))
        #expect(code { try Key(insecureExampleSecret: []) } == .empty)
    }

    @Test func `a secret keeps its newlines, zero bytes and composed characters`() throws {
        let token = TestToken.make()
        let variants: [[UInt8]] = [
            TestToken.secret + [0x0A], TestToken.secret + [0], [0x20] + TestToken.secret,
            Array(Base64URL.encode(TestToken.secret).utf8),
        ]
        for secret in variants {
            let verifier = Verifier(keys: KeySet(try Key(secret: secret)), policy: .bare)
            #expect { try verifier.verify(token, at: 0) } throws: { ($0 as? JWTError)?.code == .signature }
        }
        let padding = String(repeating: "x", count: 32)
        let composed = TestToken.make(secret: Array((padding + "\u{E9}").utf8))
        let decomposed = Verifier(keys: KeySet(try Key(secret: Array((padding + "e\u{301}").utf8))), policy: .bare)
        #expect { try decomposed.verify(composed, at: 0) } throws: { ($0 as? JWTError)?.code == .signature }
    }

    @Test func `the descriptions of keys and sets do not show a secret`() throws {
        let key = try Key(id: "one", secret: TestToken.secret)
        var dumped = ""
        dump(KeySet(key), to: &dumped)
        let text = "\(key) \(String(reflecting: key)) \(KeySet(key)) \(dumped)"
        #expect(!text.contains("secret of the tests"))
        #expect(!text.contains("\(TestToken.secret[0]), \(TestToken.secret[1])"))
    }

    @Test func `a generated key has the size of its hash and a random secret`() throws {
        let keys = try (0..<8).map { try Key.generate(.hs384, id: "\($0)") }
        #expect(keys.allSatisfy { $0.secret.count == 48 })
        #expect(Set(keys.map(\.secret.bytes)).count == 8)
    }

    private func code(_ body: () throws -> Key) -> KeyError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? KeyError)?.code
        }
    }
}

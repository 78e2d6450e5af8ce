import Foundation
import JWT
import Libcrypto
import TestSupport
import Testing

/// `jwt probe --keys` with the private keys of services that use asymmetric algorithms.
@Suite struct ProbeKeyTests {
    /// A service that compares only the algorithm and the signature.
    private struct Asymmetric {
        static let algorithms = ["RS256", "PS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"]

        let folder: TemporaryFolder
        let token: String
        let service: ProbedService

        init(_ algorithm: String) throws {
            folder = try TemporaryFolder()
            let options =
                switch algorithm {
                case "EdDSA": "-algorithm ED25519"
                case "ES256": "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
                case "ES384": "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"
                case "ES512": "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"
                default: "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
                }
            let result = try Command.shell(
                """
                cd \(folder.path) && openssl genpkey \(options) -out private.pem -quiet 2>error &&
                openssl pkey -in private.pem -outform DER -out private.der &&
                openssl pkey -in private.pem -\(algorithm == "EdDSA" ? "text" : "traditional") -out traditional.pem &&
                openssl pkey -in private.pem -traditional -outform DER -out traditional.der 2>error &&
                openssl pkey -in private.pem -pubout -out public.pem
                """)
            #expect(result.status == 0, "\(result.error)")
            let der = try [UInt8](Data(contentsOf: folder.file("private.der")))
            let function: HashFunction =
                algorithm.hasSuffix("384") ? .sha384 : algorithm.hasSuffix("512") ? .sha512 : .sha256
            let sign: ([UInt8]) -> [UInt8]
            let verify: @Sendable ([UInt8], [UInt8]) -> Bool
            if let key = PrivateKey(der: der) {
                let usesPSS = algorithm.hasPrefix("PS")
                sign = { key.signature(for: $0, function, usesPSS: usesPSS) }
                verify = { key.isValid($0, for: $1, function, usesPSS: usesPSS) }
            } else {
                let key = try #require(Ed25519Key(der: der))
                sign = { key.signature(for: $0) }
                verify = { $0 == key.signature(for: $1) }
            }
            let input = [#"{"alg":"\#(algorithm)","kid":"one"}"#, #"{"sub":"alice","iss":"login","aud":"orders"}"#]
                .map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
            token = input + "." + Base64URL.encode(sign(Array(input.utf8)))
            service = ProbedService(token) { authorization, _ in
                let parts = authorization?.dropFirst(7).split(separator: ".", omittingEmptySubsequences: false) ?? []
                guard parts.count == 3, authorization?.prefix(7).lowercased() == "bearer ",
                    let header = Base64URL.decode(String(parts[0])).flatMap(JSONValue.init(object:)),
                    header["alg"]?.string == algorithm, let signature = Base64URL.decode(String(parts[2])),
                    verify(signature, Array("\(parts[0]).\(parts[1])".utf8))
                else { return ProbedService.rejected }
                return ProbedService.accepted
            }
        }

        func expectFindings(_ result: Command.Result, _ algorithm: String) {
            #expect(result.status == 1, "\(result.error)")
            for name in ["expired", "not-yet-valid", "aud-other", "iss-missing", "typ-other", "crit-unknown", "nested"]
            {
                #expect(result.output.contains("✗ \(name.padded(to: 22))200"), "\(name)")
            }
            for name in [
                "alg-lowercase", "confused-pem", "confused-pem-trimmed", "confused-der", "signature-unrelated",
                "kid-sql",
            ] {
                #expect(result.output.contains("✓ \(name.padded(to: 22))401"), "\(name)")
            }
            // Only RSA has several hashes for one key.
            let mark = algorithm.hasPrefix("RS") || algorithm.hasPrefix("PS") ? "✓" : "-"
            #expect(result.output.contains("\(mark) alg-other-hash "))
            #expect(result.output.contains("- key-short "))
            let signature = token.split(separator: ".")[2]
            #expect(!result.output.contains(signature.prefix(8)))
        }
    }

    @Test(arguments: Asymmetric.algorithms, ["private.pem", "traditional.pem"])
    func `the private key of a service in PEM signs hostile tokens`(algorithm: String, file: String) async throws {
        let asymmetric = try Asymmetric(algorithm)
        let result = try await asymmetric.service.probe(["--keys", asymmetric.folder.path(file)])
        asymmetric.expectFindings(result, algorithm)
        #expect(result.output.contains(" --keys \(asymmetric.folder.path(file)))"))
    }

    @Test(arguments: ["RS256", "ES256", "EdDSA"])
    func `the key that signed the good token is found among several private keys in PEM`(algorithm: String) async throws
    {
        let asymmetric = try Asymmetric(algorithm)
        let others = ["-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "-algorithm ED25519", "-algorithm X25519"]
        let commands = others.map { "openssl genpkey \($0)" }
        let result = try Command.shell(
            """
            cd \(asymmetric.folder.path) &&
            { \(commands.joined(separator: "; ")); cat private.pem; \(commands[0]); } >all.pem 2>error
            """)
        #expect(result.status == 0, "\(result.error)")
        asymmetric.expectFindings(
            try await asymmetric.service.probe(["--keys", asymmetric.folder.path("all.pem")]), algorithm)
    }

    @Test func `a file with several public keys is an error that says what to give`() throws {
        let asymmetric = try Asymmetric("ES256")
        #expect(try Command.shell("cd \(asymmetric.folder.path) && cat public.pem public.pem >all.pem").status == 0)
        let path = asymmetric.folder.path("all.pem")
        let result = try Command.jwt("probe", "http://127.0.0.1:9/", "--keys", path, input: asymmetric.token)
        #expect(result.status == 3)
        #expect(
            result.error.contains("all.pem has 2 public keys; give a file with only the key that "), "\(result.error)")
    }

    @Test(arguments: ["RS256", "ES256", "EdDSA"])
    func `the private key of a service as a JWK signs hostile tokens`(algorithm: String) async throws {
        let asymmetric = try Asymmetric(algorithm)
        func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: asymmetric.folder.file(name))) }
        let members: [(String, [UInt8])]
        let kind: String
        switch algorithm {
        case "RS256":
            let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"]
            kind = #""kty":"RSA""#
            members = Array(zip(names, Self.integers(try bytes("traditional.der")).dropFirst()))
            #expect(members.count == names.count)
        case "ES256":
            // SEC 1 has the number after 7 bytes, and the point at its end.
            let der = try bytes("traditional.der")
            kind = #""kty":"EC","crv":"P-256""#
            members = [
                ("d", Array(der[7..<39])), ("x", Array(der.suffix(64).prefix(32))), ("y", Array(der.suffix(32))),
            ]
        default:
            kind = #""kty":"OKP","crv":"Ed25519","x":"""#
            members = [("d", Array(try bytes("private.der").suffix(32)))]
        }
        let key = "{" + ([kind] + members.map { "\"\($0)\":\"\(Base64URL.encode($1))\"" }).joined(separator: ",") + "}"
        let other = #"{"kty":"oct","k":"c2VjcmV0"}"#
        for text in [key, #"{"keys":[\#(other),{"kty":"RSA","n":"AQAB","e":"AQAB"},\#(key)]}"#] {
            try text.write(to: asymmetric.folder.file("keys.json"), atomically: true, encoding: .utf8)
            let result = try await asymmetric.service.probe(["--keys", asymmetric.folder.path("keys.json")])
            asymmetric.expectFindings(result, algorithm)
        }
    }

    /// The numbers of a sequence in DER.
    private static func integers(_ der: [UInt8]) -> [[UInt8]] {
        var rest = der[...]
        func length() -> Int {
            let first = rest.removeFirst()
            guard first >= 0x80 else { return Int(first) }
            let digits = rest.prefix(Int(first & 0x7F))
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 << 8 | Int($1) }
        }
        rest.removeFirst()
        _ = length()
        var numbers: [[UInt8]] = []
        while !rest.isEmpty {
            rest.removeFirst()
            let count = length()
            numbers.append(Array(rest.prefix(count).drop { $0 == 0 }))
            rest = rest.dropFirst(count)
        }
        return numbers
    }

    @Test(arguments: [
        (
            "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024",
            "has no private key that the probe can use: RSA with "
        ),
        (
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
            "has no private key that the probe can use"
        ),
        ("openssl genpkey -algorithm X25519", "has no private key that the probe can use"),
        (
            "openssl genpkey -algorithm ED25519 -aes256 -pass pass:x",
            "is encrypted; to get a file that is not, run: openssl"
        ),
        (
            "openssl genrsa -traditional -aes128 -passout pass:x 2048",
            "is encrypted; to get a file that is not, run: openssl"
        ),
        ("echo -----BEGIN PRIVATE KEY-----; echo x", "has no private key that the probe can use"),
        (
            "echo -----BEGIN PRIVATE KEY-----; echo MAA=; echo -----END PRIVATE KEY-----",
            "has no private key that the probe"
        ),
        ("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "no key of the file signed the good token"),
        ("openssl ecparam -name prime256v1 -genkey", "no key of the file signed the good token"),
    ])
    func `a file without a private key that signed the good token is an error that says what is wrong`(
        command: String, message: String
    ) throws {
        let asymmetric = try Asymmetric("ES256")
        let path = asymmetric.folder.path("other.pem")
        #expect(try Command.shell("{ \(command); } >\(path)").status == 0)
        let result = try Command.jwt("probe", "http://127.0.0.1:9/", "--keys", path, input: asymmetric.token)
        #expect(result.status == 3)
        #expect(result.error.contains(message), "\(result.error)")
    }

    @Test func `a service with a certificate of a private authority is probed with --cacert`() async throws {
        let folder = try TemporaryFolder()
        #expect(
            try Command.shell(
                """
                cd \(folder.path) && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out 'the ca.pem' -days 2 \
                -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>error
                """
            ).status == 0)
        let authority = folder.path("the ca.pem")
        let service = RawService(
            toAll: "accept() if is_good else reject()", certificate: authority, key: folder.path("key.pem"))
        try await service.run { url, _ in
            let without = try Command.run(["probe", url, "--rate", "1000"], input: RawService.token)
            #expect(without.status == 3)
            #expect(without.error.contains("certificate"), "\(without.error)")
            let result = try Command.run(
                ["probe", url, "--rate", "1000", "--cacert", authority, "--json"], input: RawService.token)
            #expect(result.status == 0, "\(result.error)")
            let checks = try #require(try result.objects().first?["checks"] as? [[String: Any]])
            let line = try #require(checks.compactMap { $0["curl"] as? String }.first)
            #expect(line.contains(" --cacert '\(authority)' "))
            #expect(try Command.shell(line).output.hasPrefix("HTTP/1.1 401 "))
        }
        let missing = try Command.run(
            ["probe", "https://localhost:9/", "--cacert", folder.path("none.pem")], input: RawService.token)
        #expect(missing.status == 64)
        #expect(missing.error.contains("--cacert: cannot read "))
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { padding(toLength: width, withPad: " ", startingAt: 0) }
}

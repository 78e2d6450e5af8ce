import Foundation
import Libcrypto
import TestSupport
import Testing

/// Private keys and signatures in exchange with the command openssl.
@Suite struct PrivateKeyTests {
    /// Runs a command of openssl in a folder. Returns its output.
    @discardableResult
    private static func openssl(_ arguments: String, in folder: TemporaryFolder) async throws -> String {
        try await run(["/bin/bash", "-c", "openssl \(arguments)"], in: folder.url)
    }

    private static func der(_ options: String, in folder: TemporaryFolder) async throws -> [UInt8] {
        try await openssl("genpkey \(options) -quiet -outform DER -out key.der", in: folder)
        return try [UInt8](Data(contentsOf: folder.file("key.der")))
    }

    @Test(arguments: [
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", PrivateKey.Kind.rsa),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:3072", .rsa),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", .p256),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", .p384),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", .p521),
    ])
    func `a key in PKCS 8, PKCS 1 or SEC 1 signs what openssl verifies`(
        options: String, kind: PrivateKey.Kind
    ) async throws {
        let folder = try TemporaryFolder()
        var encodings = [try await Self.der(options, in: folder)]
        try await Self.openssl("pkey -in key.der -traditional -outform DER -out traditional.der", in: folder)
        try await Self.openssl("pkey -in key.der -pubout -out public.pem", in: folder)
        encodings.append(try [UInt8](Data(contentsOf: folder.file("traditional.der"))))
        let message = Array("message".utf8)
        try Data(message).write(to: folder.file("message"))
        for der in encodings {
            let key = try #require(PrivateKey(der: der))
            #expect(key.kind == kind)
            let signature = key.signature(for: message, .sha384)
            #expect(key.isValid(signature, for: message, .sha384))
            #expect(!key.isValid(signature, for: message, .sha256))
            #expect(!key.isValid(signature, for: Array("massage".utf8), .sha384))
            #expect(!key.isValid(signature + [0], for: message, .sha384))
            #expect(!key.isValid(Array(signature.dropLast()), for: message, .sha384))
            #expect(!key.isValid([], for: message, .sha384))
            #expect(!key.isValid([UInt8](repeating: 0, count: signature.count), for: message, .sha384))
            #expect(!key.isValid([UInt8](repeating: 0xFF, count: signature.count), for: message, .sha384))
            for index in [0, signature.count - 1] {
                var changed = signature
                changed[index] ^= 1
                #expect(!key.isValid(changed, for: message, .sha384))
            }
            guard kind == .rsa else { continue }
            try Data(signature).write(to: folder.file("signature"))
            let text = try await Self.openssl(
                "dgst -sha384 -verify public.pem -signature signature message", in: folder)
            #expect(text == "Verified OK\n")
            try await Self.openssl(
                """
                dgst -sha384 -sign key.der -keyform DER -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
                -out pss message
                """, in: folder)
            let pss = try [UInt8](Data(contentsOf: folder.file("pss")))
            #expect(key.isValid(pss, for: message, .sha384, usesPSS: true))
            #expect(!key.isValid(pss, for: message, .sha384))
        }
    }

    @Test func `a signature that openssl makes with P-256 is valid in the form of a JWS`() async throws {
        let folder = try TemporaryFolder()
        let key = try #require(
            PrivateKey(der: try await Self.der("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", in: folder)))
        try Data("message".utf8).write(to: folder.file("message"))
        let text = try await Self.openssl(
            "dgst -sha256 -sign key.der -keyform DER message | openssl asn1parse -inform DER", in: folder)
        let numbers = text.matches(of: /INTEGER +:([0-9A-F]+)/).map { match in
            let digits = match.1.count < 64 ? String(repeating: "0", count: 64 - match.1.count) + match.1 : "\(match.1)"
            return Array(hexadecimal: digits.lowercased())
        }
        #expect(numbers.count == 2)
        #expect(key.isValid(numbers.flatMap(\.self), for: Array("message".utf8), .sha256))
    }

    @Test(arguments: [
        "-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-algorithm ED25519", "-algorithm X25519", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
    ])
    func `a key of another kind makes no private key`(options: String) async throws {
        let folder = try TemporaryFolder()
        let der = try await Self.der(options, in: folder)
        #expect(PrivateKey(der: der) == nil)
        #expect((Ed25519Key(der: der) != nil) == options.contains("ED25519"))
    }

    @Test func `a damaged key makes no private key`() async throws {
        let folder = try TemporaryFolder()
        let options = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
        let der = try await Self.der(options, in: folder)
        #expect(PrivateKey(der: der) != nil)
        for damaged in [[], [0x30], [0x30, 0], Array(der.prefix(der.count / 2)), Array(der.dropFirst())] {
            #expect(PrivateKey(der: damaged) == nil)
            #expect(Ed25519Key(der: damaged) == nil)
        }
        // The last bytes are the public key, which then does not belong to the private one.
        let other = try await Self.der(options, in: folder)
        #expect(PrivateKey(der: der.dropLast(64) + other.suffix(64)) == nil)
    }

    @Test func `an Ed25519 key in PKCS 8 has the public key that openssl prints`() async throws {
        let folder = try TemporaryFolder()
        let key = try #require(Ed25519Key(der: try await Self.der("-algorithm ED25519", in: folder)))
        try await Self.openssl("pkey -in key.der -pubout -outform DER -out public.der", in: folder)
        #expect(try Data(contentsOf: folder.file("public.der")).suffix(32) == Data(key.publicKey))
    }
}

import Testing

@testable import Libcrypto

@Suite struct LibcryptoTests {
    /// RFC 4231 sections 4.2, 4.3, 4.4 and 4.7: key, data, and the codes for SHA-256, SHA-384 and SHA-512.
    private static let vectors: [(key: [UInt8], data: [UInt8], codes: [String])] = [
        (
            Array(repeating: 0x0B, count: 20), Array("Hi There".utf8),
            [
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ]
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            [
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ]
        ),
        (
            Array(repeating: 0xAA, count: 20), Array(repeating: 0xDD, count: 50),
            [
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
                "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
            ]
        ),
        (
            Array(repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            [
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ]
        ),
    ]

    @Test func `HMAC gives the codes of RFC 4231, and takes no others for valid`() {
        for vector in Self.vectors {
            for (function, expected) in zip([HashFunction.sha256, .sha384, .sha512], vector.codes) {
                let key = HMACKey(function, secret: vector.key)
                let code = key.code(for: vector.data.span)
                #expect(hex(code) == expected)
                #expect(accepts(key, code, vector.data))
                #expect(!accepts(key, code, vector.data + [0]))
                #expect(!accepts(key, code.dropLast(), vector.data))
                #expect(!accepts(key, [], vector.data))
                for index in code.indices {
                    var changed = code
                    changed[index] ^= 0x80
                    #expect(!accepts(key, changed, vector.data))
                }
            }
        }
    }

    @Test func `a key is used any number of times, from many tasks at once`() async {
        let key = HMACKey(.sha256, secret: Array("Jefe".utf8))
        await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<50 { group.addTask { key.code(for: Array("what do ya want for nothing?".utf8).span) } }
            for await code in group { #expect(hex(code) == Self.vectors[1].codes[0]) }
        }
    }

    /// FIPS 180-4's examples, as NIST publishes them.
    @Test func `SHA-256 gives the hashes of its standard`() {
        #expect(hex(sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(sha256(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex(sha256(Array(repeating: UInt8(ascii: "a"), count: 1_000_000)))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// RFC 7914 section 12.
    @Test func `scrypt gives the keys of its RFC`() throws {
        func derive(_ password: String, _ salt: String, _ n: Int, _ r: Int, _ p: Int) throws -> String {
            let parameters = ScryptParameters(cost: n, blockSize: r, parallelism: p)
            return hex(
                try scrypt(
                    password: Array(password.utf8), salt: Array(salt.utf8), parameters: parameters,
                    maximumMemory: 64 << 20, outputByteCount: 64))
        }
        #expect(
            try derive("", "", 16, 1, 1)
                == "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        )
        #expect(
            try derive("password", "NaCl", 1024, 8, 16)
                == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        )
    }

    @Test(arguments: [(0, 8, 1), (1, 8, 1), (3, 8, 1), (16, 0, 1), (16, 8, 0), (-16, 8, 1), (1 << 20, 8, 1)])
    func `scrypt refuses parameters that make no sense or take too much memory`(n: Int, r: Int, p: Int) {
        #expect(throws: ScryptError.self) {
            try scrypt(
                password: [1], salt: [2], parameters: .init(cost: n, blockSize: r, parallelism: p),
                maximumMemory: 32 << 20, outputByteCount: 32)
        }
    }

    @Test func `random bytes are as many as asked for and differ`() {
        #expect(randomBytes(0).isEmpty)
        #expect(Set((0..<100).map { _ in randomBytes(16) }).count == 100)
    }

    @Test func `equality looks at every byte and at the length`() {
        #expect(equalInConstantTime([], []))
        #expect(equalInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(!equalInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!equalInConstantTime([1, 2, 3], [1, 2]))
    }

    @Test func `erased bytes are zero, and a secret shows itself to nobody`() {
        var bytes: [UInt8] = [1, 2, 3]
        eraseBytes(&bytes)
        #expect(bytes == [0, 0, 0])
        var dumped = ""
        dump(SecretBytes(Array("topsecret".utf8)), to: &dumped)
        #expect(dumped.contains("9 bytes") && !dumped.contains("116"))
    }

    private func accepts(_ key: HMACKey, _ code: [UInt8], _ message: [UInt8]) -> Bool {
        key.isValid(code.span, for: message.span)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}

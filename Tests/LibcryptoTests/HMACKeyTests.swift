import Testing

@testable import Libcrypto

@Suite struct HMACKeyTests {
    private static let functions: [HashFunction] = [.sha256, .sha384, .sha512]

    /// RFC 4231 sections 4.2 to 4.8: key, data, and the codes for SHA-256, SHA-384 and SHA-512. The RFC prints the first 128
    /// bits of the codes of section 4.6.
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
            Array(0x01...0x19), Array(repeating: 0xCD, count: 50),
            [
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
                "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
                "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
            ]
        ),
        (
            Array(repeating: 0x0C, count: 20), Array("Test With Truncation".utf8),
            [
                "a3b6167473100ee06e0c796c2955552b", "3abf34c3503b2a23a46efc619baef897",
                "415fad6271580a531d4179bc891d87a6",
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
        (
            Array(repeating: 0xAA, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            [
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
                "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
                "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
            ]
        ),
    ]

    @Test(arguments: vectors.indices)
    func `a key computes the codes of RFC 4231 and accepts them`(index: Int) {
        let vector = Self.vectors[index]
        for (function, expected) in zip(Self.functions, vector.codes) {
            let key = HMACKey(function, secret: vector.key)
            let code = key.code(for: vector.data.span)
            #expect(code.count == function.byteCount)
            #expect(code.hexadecimal.hasPrefix(expected))
            #expect(accepts(key, code, vector.data))
        }
    }

    @Test(arguments: functions)
    func `a code is rejected if one bit or its length differs, or for another message`(function: HashFunction) {
        let (key, message) = (HMACKey(function, secret: Array("Jefe".utf8)), Array("message".utf8))
        let code = key.code(for: message.span)
        for bit in 0..<(8 * code.count) {
            var changed = code
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!accepts(key, changed, message), "bit \(bit)")
        }
        for wrong in [[], Array(code.dropLast()), Array(code.dropFirst()), code + [0], code + code] {
            #expect(!accepts(key, wrong, message))
        }
        for other in [[], Array(message.dropLast()), message + [0]] {
            #expect(!accepts(key, code, other))
        }
    }

    @Test func `an empty secret and an empty message have the known codes`() {
        let expected = [
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
            "6c1f2ee938fad2e24bd91298474382ca218c75db3d83e114b3d4367776d14d3551289e75e8209cd4b792302840234adc",
            "b936cee86c9f87aa5d3c6f2e84cb5a4239a5fe50480a6ec66b70ab5b1f4ac6730c6c515421b327ec1d69402e53dfb49ad7381eb067b338fd7b0cb22247225d47",
        ]
        let empty: [UInt8] = []
        for (function, expected) in zip(Self.functions, expected) {
            #expect(HMACKey(function, secret: []).code(for: empty.span).hexadecimal == expected)
        }
    }

    private func accepts(_ key: HMACKey, _ code: [UInt8], _ message: [UInt8]) -> Bool {
        key.isValid(code.span, for: message.span)
    }

    /// The definition of RFC 2104 section 2, with nothing computed in advance.
    private func definition(_ function: HashFunction, secret: [UInt8], message: [UInt8]) -> [UInt8] {
        var block = secret.count > function.blockByteCount ? hash(secret, with: function) : secret
        block += [UInt8](repeating: 0, count: function.blockByteCount - block.count)
        let inner = hash(block.map { $0 ^ 0x36 } + message, with: function)
        return hash(block.map { $0 ^ 0x5C } + inner, with: function)
    }

    @Test(arguments: functions)
    func `a secret of any length around the block size gives the code of the definition`(function: HashFunction) {
        let message = Array("a message".utf8)
        for count in [1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000] {
            let secret = randomBytes(count)
            let code = HMACKey(function, secret: secret).code(for: message.span)
            #expect(code == definition(function, secret: secret, message: message), "\(count) bytes")
        }
    }

    @Test(arguments: functions)
    func `a message of any length gives the code of the definition`(function: HashFunction) {
        let secret = randomBytes(64)
        let key = HMACKey(function, secret: secret)
        for count in [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 4096, 5_000_000] {
            let message = [UInt8](repeating: 0x5A, count: count)
            #expect(
                key.code(for: message.span) == definition(function, secret: secret, message: message), "\(count) bytes")
        }
    }

    @Test(arguments: functions)
    func `a key after a beginning computes the codes of the whole message`(function: HashFunction) {
        let key = HMACKey(function, secret: randomBytes(64))
        let message = randomBytes(300)
        let expected = key.code(for: message.span)
        for count in [0, 1, 63, 64, 65, 127, 128, 129, 256, 299, 300] {
            let keyAfterBeginning = HMACKey(key, after: message.span.extracting(first: count))
            let rest = Array(message.dropFirst(count))
            #expect(accepts(keyAfterBeginning, expected, rest), "\(count) bytes")
            #expect(keyAfterBeginning.code(for: rest.span) == expected, "the second code of one key")
        }
        #expect(key.code(for: message.span) == expected, "the key that the others were made from")
    }

    @Test func `a beginning can be extended in several steps`() {
        let key = HMACKey(.sha256, secret: Array("Jefe".utf8))
        let first = HMACKey(key, after: Array("what do ya ".utf8).span)
        let second = HMACKey(first, after: Array("want for ".utf8).span)
        #expect(second.code(for: Array("nothing?".utf8).span).hexadecimal == Self.vectors[1].codes[0])
    }

    @Test func `withCode passes the same bytes as code`() {
        for function in Self.functions {
            let (key, message) = (HMACKey(function, secret: [1, 2, 3]), Array("message".utf8))
            var passed: [UInt8] = []
            key.withCode(for: message.span) { code in
                for index in 0..<code.count { passed.append(code[index]) }
            }
            #expect(passed == key.code(for: message.span))
        }
    }

    @Test(arguments: functions)
    func `many tasks compute different codes with one key at once`(function: HashFunction) async {
        let key = HMACKey(function, secret: randomBytes(64))
        let messages = (0..<64).map { [UInt8](repeating: UInt8($0), count: 1 + 97 * $0) }
        let expected = messages.map { key.code(for: $0.span) }
        await withTaskGroup(of: (Int, [[UInt8]]).self) { group in
            for (index, message) in messages.enumerated() {
                group.addTask { (index, (0..<20).map { _ in key.code(for: message.span) }) }
            }
            for await (index, codes) in group {
                #expect(codes.allSatisfy { $0 == expected[index] })
            }
        }
    }
}

import Libcrypto
import Testing

@testable import JWT

@Suite struct KeySetTests {
    private let old: Key
    private let new: Key

    init() throws {
        old = try Key(id: "2025-10", secret: TestToken.secret)
        new = try Key(id: "2025-11", secret: Array(TestToken.secret.reversed()))
    }

    @Test func `the first key of a set signs, and all keys verify`() throws {
        let token = try Signer(keys: try KeySet([old])).sign(Claims(subject: "a"))
        let verifier = Verifier(keys: try KeySet([new, old]), policy: .bare)
        #expect(try verifier.verify(token, at: 0).keyID == "2025-10")
        #expect(try verifier.verify(try Signer(keys: verifier.keys).sign(Claims()), at: 0).keyID == "2025-11")
    }

    @Test func `a token with an unknown kid is rejected even if another key would fit`() throws {
        let verifier = Verifier(keys: try KeySet([new, old]), policy: .bare)
        let kids = [
            "2025-12", "2025-1", "2025-10 ", "2025-100", "", "../../dev/null", "' OR 1=1 --", "2025-10\\u0000", "| cat",
            String(repeating: "k", count: 4000),
        ]
        for kid in kids {
            let token = TestToken.make(header: #"{"alg":"HS256","kid":"\#(kid)"}"#)
            #expect { try verifier.verify(token, at: 0) } throws: { ($0 as? JWTError)?.code == .key }
        }
    }

    @Test func `the kid is compared byte by byte`() throws {
        let verifier = Verifier(keys: KeySet(try Key(id: "caf\u{E9}", secret: TestToken.secret)), policy: .bare)
        #expect(
            try verifier.verify(TestToken.make(header: "{\"alg\":\"HS256\",\"kid\":\"caf\u{E9}\"}"), at: 0).keyID
                == "caf\u{E9}")
        let decomposed = TestToken.make(header: "{\"alg\":\"HS256\",\"kid\":\"cafe\u{301}\"}")
        #expect { try verifier.verify(decomposed, at: 0) } throws: { ($0 as? JWTError)?.code == .key }
    }

    @Test func `a token with a known kid is not verified with another key`() throws {
        let verifier = Verifier(keys: try KeySet([new, old]), policy: .bare)
        let token = TestToken.make(header: #"{"alg":"HS256","kid":"2025-11"}"#)
        #expect { try verifier.verify(token, at: 0) } throws: { ($0 as? JWTError)?.code == .signature }
    }

    @Test func `a token without a kid is verified with every key of its algorithm`() throws {
        let verifier = Verifier(keys: try KeySet([new, old]), policy: .bare)
        #expect(try verifier.verify(TestToken.make(), at: 0).keyID == "2025-10")
    }

    @Test func `a set whose keys have no identifiers ignores the kid of a token`() throws {
        let verifier = Verifier(keys: KeySet(try Key(secret: TestToken.secret)), policy: .bare)
        #expect(try verifier.verify(TestToken.make(header: #"{"alg":"HS256","kid":"any"}"#), at: 0).keyID == nil)
    }

    @Test func `a set without keys, with too many keys or with a repeated identifier is rejected`() throws {
        #expect(code { try KeySet([]) } == .noKeys)
        #expect(code { try KeySet([old, new, old]) } == .duplicateID)
        let many = try (0...KeySet.maximumKeys).map { try Key(id: "\($0)", secret: TestToken.secret) }
        #expect(code { try KeySet(many) } == .tooLarge)
    }

    @Test func `a set that is written as text is read as the same keys`() throws {
        let unnamed = try Key(.hs512, secret: TestToken.secret)
        let read = try KeySet(jwkSet: Array(try KeySet([new, old, unnamed]).jwkSet().utf8))
        #expect(read.keys.map(\.id) == ["2025-11", "2025-10", nil])
        #expect(read.keys.map(\.algorithm) == [.hs256, .hs256, .hs512])
        #expect(read.keys.map(\.secret.bytes) == [new, old, unnamed].map(\.secret.bytes))
    }

    @Test(arguments: [
        (#"{}"#, KeyError.Code.notAKeySet), (#"[]"#, .notAKeySet), (#"{"keys":{}}"#, .notAKeySet), ("", .notAKeySet),
        (#"{"keys":[],"keys":[]}"#, .notAKeySet), (#"{"keys":[]}"#, .noKeys), (#"{"keys":[],}"#, .notAKeySet),
        (#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256"}]}"#, .unsupported),
        (#"{"keys":["oct"]}"#, .unsupported), (#"{"keys":[{"alg":"HS256","k":"\#(secret)"}]}"#, .unsupported),
        (#"{"keys":[{"kty":"RSA"},{"kty":"oct","alg":"HS256","k":"AAAA"}]}"#, .tooShort),
        (#"{"keys":[{"kty":"oct","k":"\#(secret)"}]}"#, .unsupported),
        (#"{"keys":[{"kty":"oct","alg":"A256KW","k":"\#(secret)"}]}"#, .unsupported),
        (#"{"keys":[{"kty":"oct","alg":"HS256","use":"enc","k":"\#(secret)"}]}"#, .unsupported),
        (#"{"keys":[{"kty":"oct","alg":"HS256","key_ops":["sign"],"k":"\#(secret)"}]}"#, .unsupported),
        (#"{"keys":[{"kty":"oct","alg":"HS256","k":"\#(secret)="}]}"#, .unsupported),
        (#"{"keys":[{"kty":"oct","alg":"HS256"}]}"#, .unsupported),
        (#"{"keys":[{"kty":"oct","alg":"HS256","k":""}]}"#, .empty),
        (#"{"keys":[{"kty":"oct","alg":"HS512","k":"\#(secret)"}]}"#, .tooShort),
        (#"{"keys":[{"kty":"oct","alg":"HS256","kid":7,"k":"\#(secret)"}]}"#, .identifier),
        (#"{"keys":[{"kty":"oct","alg":"HS256","kid":"","k":"\#(secret)"}]}"#, .identifier),
    ])
    func `a text that is not a set of HMAC keys is rejected`(text: String, expected: KeyError.Code) {
        #expect(code { try KeySet(jwkSet: Array(text.utf8)) } == expected)
    }

    @Test(arguments: [
        (#"["verify"]"#, false), (#"["sign","verify"]"#, true), (#"["verify","encrypt","sign"]"#, true),
    ])
    func `a key signs when its operations allow it`(operations: String, maySign: Bool) throws {
        let set = try KeySet(jwkSet: Self.set(operations, #"["sign","verify"]"#))
        #expect(set.keys.map(\.maySign) == [maySign, true])
        #expect(set.signingKey.id == (maySign ? "0" : "1"))
        #expect(try KeySet(jwkSet: Array(set.jwkSet().utf8)).keys.map(\.maySign) == [maySign, true])
        let token = try Signer(keys: set).sign(Claims())
        #expect(try Verifier(keys: set, policy: .bare).verify(token, at: 0).keyID == set.signingKey.id)
    }

    @Test func `a set whose keys may only verify does not sign`() throws {
        let set = try KeySet(jwkSet: Self.set(#"["verify"]"#))
        #expect(set.signingIndex == nil)
        for sign in [{ try Signer(keys: set).sign(Claims()) }, { try Signer(key: set.keys[0]).sign([:] as JSONValue) }]
        {
            #expect(throws: JWTError.self) { try sign() }.map { #expect($0.code == .key) }
        }
        _ = try Verifier(keys: set, policy: .bare).verify(
            TestToken.make(header: #"{"alg":"HS256","kid":"0"}"#, secret: set.keys[0].secret.bytes), at: 0)
    }

    @Test(arguments: [
        #"["verify","verify"]"#, #"["verify","v\u0065rify"]"#, #"["verify",1]"#, #""verify""#, "null", "[]",
        #"["sign"]"#,
        #"{"verify":1}"#,
    ])
    func `the key_ops of a key must be distinct names with verify among them`(operations: String) {
        #expect(code { try KeySet(jwkSet: Self.set(operations)) } == .unsupported)
    }

    /// A set with a key for each of these `key_ops`. The identifiers are `0`, `1` and so on.
    private static func set(_ operations: String...) -> [UInt8] {
        let keys = operations.enumerated().map { index, operations in
            #"{"kty":"oct","alg":"HS256","kid":"\#(index)","key_ops":\#(operations),"k":"\#(secret)"}"#
        }
        return Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
    }

    @Test func `keys of another type are ignored and counted`() throws {
        let text =
            #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","alg":"HS256","kid":"a","k":"\#(Self.secret)"},{"kty":"new"}]}"#
        let set = try KeySet(jwkSet: Array(text.utf8))
        #expect(set.keys.map(\.id) == ["a"])
        #expect(set.ignoredKeyCount == 2)
    }

    @Test func `unknown members of a set are ignored`() throws {
        let text =
            #"{"keys":[{"kty":"oct","alg":"HS256","use":"sig","key_ops":["sign","verify"],"x":[1],"k":"\#(Self.secret)"}],"y":1}"#
        #expect(try KeySet(jwkSet: Array(text.utf8)).keys.count == 1)
    }

    private static let secret = "-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE"

    private func code(_ body: () throws -> KeySet) -> KeyError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? KeyError)?.code
        }
    }
}

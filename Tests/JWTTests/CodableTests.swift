import Testing

@testable import JWT

/// Claims as types of an application.
@Suite struct CodableTests {
    private struct Tenant: Codable, Equatable {
        var name: String
        var seats: UInt16
        var rate: Double
        var limits: [Int64?]
        var flags: [String: Bool]
    }

    private struct Access: Codable, Equatable {
        var iss: String
        var sub: String
        var aud: [String]
        var exp: NumericDate
        var jti: String
        var tenant: Tenant
        var note: String?
        var isRoot: Bool

        enum CodingKeys: String, CodingKey {
            case iss, sub, aud, exp, jti, tenant, note
            case isRoot = "https://login.example/is_root"
        }
    }

    private let access = Access(
        iss: "https://login.example", sub: "alice", aud: ["orders", "inbox"], exp: 2000, jti: "1",
        tenant: Tenant(
            name: "Zoë \"Z\"\n", seats: 65_535, rate: -0.125, limits: [1, nil, .min], flags: ["b": true, "a": false]),
        note: nil, isRoot: true)

    private let keys: KeySet

    init() throws { keys = KeySet(try Key(secret: TestToken.secret)) }

    private let policy = Policy(issuers: ["https://login.example"], audience: "orders")

    private func verify(_ token: String) throws -> VerifiedToken {
        try Verifier(keys: keys, policy: policy).verify(token, at: 1000)
    }

    /// A token of which only the signature is checked.
    private func token(_ payload: String) throws -> VerifiedToken {
        try Verifier(keys: keys, policy: .bare).verify(TestToken.make(payload: payload), at: 1000)
    }

    @Test func `a type that was signed is decoded with the same value`() throws {
        let token = try verify(Signer(keys: keys).sign(encoding: access))
        #expect(try token.decode(Access.self) == access)
        #expect(token.subject == "alice")
        #expect(token["note"] == nil)
    }

    @Test func `the error names a claim that is missing or does not fit`() throws {
        let error = #expect(throws: JWTError.self) { try self.token(#"{"sub":"a"}"#).decode(Access.self) }
        #expect(error?.code == .missingClaim && error?.claim == "iss")

        struct Seats: Decodable { var tenant: Inner; struct Inner: Decodable { var seats: UInt16 } }
        for seats in ["65536", "-1", "1.5", "\"1\"", "null", "true", "[1]", "1e300", "18446744073709551616"] {
            let token = try self.token(#"{"tenant":{"seats":\#(seats)}}"#)
            let error = #expect(throws: JWTError.self, "\(seats)") { try token.decode(Seats.self) }
            #expect(error?.code == .invalidClaim && error?.claim == "tenant")
        }
    }

    @Test func `an error never holds a name from the token`() throws {
        let error = #expect(throws: JWTError.self) {
            try self.token(#"{"secret-name":"x"}"#).decode([String: Int].self)
        }
        #expect(error?.code == .invalidClaim && error?.claim == nil)
    }

    @Test(arguments: [
        ("2000", 2000), ("1999.25", 2000), ("2e3", 2000), ("-1.5", -1), ("9223372036854775807", Int64.max),
        ("1999.00000000000000000001", 2000), ("9007199254740993.0", 9_007_199_254_740_993),
        ("9223372036854775806.5", .max),
    ])
    func `a date in a type is read like the claims of a token`(text: String, seconds: Int64) throws {
        struct Dated: Decodable { var day: NumericDate }
        let token = try token(#"{"day":\#(text)}"#)
        #expect(try token.decode(Dated.self).day.seconds == seconds)
        #expect(token["day"].flatMap(NumericDate.init)?.seconds == seconds)
    }

    @Test(arguments: ["1e400", "9223372036854775808", #""1""#, "true", "null", "[]"])
    func `a value that is not a date is not decoded as one`(text: String) throws {
        struct Dated: Decodable { var day: NumericDate }
        let token = try token(#"{"day":\#(text)}"#)
        #expect(throws: JWTError.self) { try token.decode(Dated.self) }
        #expect(token["day"].flatMap(NumericDate.init) == nil)
        #expect(NumericDate(JSONValue.number("1e")) == nil)
    }

    @Test func `the numbers of a type keep their values`() throws {
        struct Numbers: Codable, Equatable { var large: UInt64; var small: Int8; var half: Float; var list: [[Int]] }
        let numbers = Numbers(large: .max, small: .min, half: 0.5, list: [[], [1, 2], [3]])
        let text = try Signer(keys: keys).sign(encoding: numbers)
        let token = try Verifier(keys: keys, policy: .bare).verify(text, at: 0)
        #expect(try token.decode(Numbers.self) == numbers)
        let payload = #"{"large":18446744073709551615,"small":-128,"half":0.5,"list":[[],[1,2],[3]]}"#
        #expect(token.payload == Array(payload.utf8))
    }

    @Test func `a type that is not an object, or has an invalid number or claim, is not signed`() {
        struct Wrong: Encodable { var exp = "tomorrow" }
        struct Infinite: Encodable { var x = Double.infinity }
        let signer = Signer(keys: keys)
        for sign in [
            { try signer.sign(encoding: [1, 2]) }, { try signer.sign(encoding: "text") },
            { try signer.sign(encoding: Infinite()) }, { try signer.sign(encoding: Wrong()) },
            { try signer.sign(encoding: Int?.none) },
        ] {
            let error = #expect(throws: JWTError.self) { try sign() }
            #expect(error?.code == .invalidClaim)
        }
    }

    @Test func `a subclass with nested containers is encoded and decoded`() throws {
        let token = try self.token(#"{"super":{"a":1},"b":[{"c":[2,null]},3]}"#)
        let child = try token.decode(Child.self)
        #expect(child.a == 1 && child.b == 2 && child.last == 3)
        let text = try Signer(keys: keys).sign(encoding: child)
        let again = try Verifier(keys: keys, policy: .bare).verify(text, at: 0).decode(Child.self)
        #expect(again.a == 1 && again.b == 2 && again.last == 3)
    }
}

private class Parent: Codable {
    var a: Int
    init(a: Int) { self.a = a }
}

private final class Child: Parent {
    var b = 0
    var last = 0

    enum CodingKeys: CodingKey { case b, c }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var list = try container.nestedUnkeyedContainer(forKey: .b)
        var inner = try list.nestedContainer(keyedBy: CodingKeys.self).nestedUnkeyedContainer(forKey: .c)
        b = try inner.decode(Int.self)
        guard try inner.decodeNil(), inner.isAtEnd else { throw CancellationError() }
        last = try list.decode(Int.self)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try super.encode(to: container.superEncoder())
        var list = container.nestedUnkeyedContainer(forKey: .b)
        var object = list.nestedContainer(keyedBy: CodingKeys.self)
        var inner = object.nestedUnkeyedContainer(forKey: .c)
        try inner.encode(b)
        try inner.encodeNil()
        try list.encode(last)
    }
}

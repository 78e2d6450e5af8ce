import Floor
import JWT
import Measuring

// The time of the module, compared with the bare HMAC over the same bytes.
//
//   JWTBench [--json]            measures everything
//   JWTBench --repeat NAME N     runs one operation N times, to count its instructions

let secret = Array("0123456789abcdef0123456789ABCDEF".utf8)
let named = KeySet(try Key(id: "2025-11", secret: secret))
let plain = KeySet(try Key(secret: secret))
let now: NumericDate = 1_763_000_000
let policy = Policy(
    issuers: ["https://login.example"], audience: "notes", required: ["iss", "sub", "aud", "exp", "jti"])

let claims = Claims(
    issuer: "https://login.example", subject: "0b8f6d5e-6f0c-4f5e-9a3c-2f1f0a7f7c11", audience: ["notes"],
    expiresAt: 4_102_444_800, issuedAt: 1_762_000_000, id: "5f0f2c1e-9f3b-4f57-8a53-5d2d5f1f9b0e",
    scope: "notes:read notes:write", username: "ada.lovelace")
var large = claims
large.others = [.init("roles", .array((0..<70).map { .string("role-number-\($0)-of-a-large-organisation") }))]

/// The same claims as a type of an application.
struct OwnClaims: Codable {
    var iss, sub, aud, jti, scope, username: String
    var exp, iat: NumericDate
}

let ownClaims = OwnClaims(
    iss: "https://login.example", sub: "0b8f6d5e-6f0c-4f5e-9a3c-2f1f0a7f7c11", aud: "notes",
    jti: "5f0f2c1e-9f3b-4f57-8a53-5d2d5f1f9b0e", scope: "notes:read notes:write", username: "ada.lovelace",
    exp: 4_102_444_800, iat: 1_762_000_000)

/// The measurements of one token.
struct Subject {
    let name: String
    let keys: KeySet
    let claims: Claims

    func run(_ benchmark: Benchmark, floor: Benchmark) throws {
        let (verifier, signer) = (Verifier(keys: keys, policy: policy), Signer(keys: keys))
        let token = try signer.sign(claims)
        let input = Array(token.utf8.dropLast(44))
        guard let key = floor_key_new(secret, secret.count) else { return }
        var code = [UInt8](repeating: 0, count: 32)
        let least = floor.measure("hmac \(name)", floor: nil) { floor_hmac(key, input, input.count, &code) }
        try benchmark.measure("verify \(name)", floor: least) { keep(try verifier.verify(token, at: now)) }
        try benchmark.measure("verify, read \(name)", floor: least) {
            let verified = try verifier.verify(token, at: now)
            keep((verified.subject, verified.id, verified.username, verified.hasScope("notes:write")))
        }
        try benchmark.measure("sign \(name)", floor: least) { keep(try signer.sign(claims)) }
        if name == "kid" {
            try benchmark.measure("verify, own type", floor: least) {
                keep(try verifier.verify(token, at: now).decode(OwnClaims.self))
            }
            try benchmark.measure("sign, own type", floor: least) { keep(try signer.sign(encoding: ownClaims)) }
            try measureRejections(benchmark, least, verifier, token)
        }
    }

    private func measureRejections(
        _ benchmark: Benchmark, _ floor: Double, _ verifier: Verifier, _ token: String
    ) throws {
        let none = "eyJhbGciOiJub25lIn0" + token.drop { $0 != "." }
        let unknown = Signer(key: try Key(id: "2024-01", secret: secret))
        let rejected = [
            ("signature", String(token.dropLast(4)) + "AAAA", now), ("expired", token, 5_000_000_000),
            ("malformed", String(token.dropLast(4)) + "AA=A", now), ("algorithm", none, now),
            ("key", try unknown.sign(claims), now), ("limit", String(repeating: "A", count: 1_000_000), now),
        ]
        for (code, token, now) in rejected {
            benchmark.measure("reject \(code)", floor: floor) {
                do throws(JWTError) {
                    keep(try verifier.verify(token, at: now))
                    fatalError("accepted")
                } catch {
                    guard error.code.rawValue == code else { fatalError("\(error.code)") }
                }
            }
        }
    }
}

func repeatOne(_ name: String, _ count: Int) throws {
    let (verifier, signer) = (Verifier(keys: named, policy: policy), Signer(keys: named))
    let token = try signer.sign(claims)
    for _ in 0..<count {
        if name == "sign" { keep(try signer.sign(claims)) } else { keep(try verifier.verify(token, at: now)) }
    }
}

if let index = CommandLine.arguments.firstIndex(of: "--repeat") {
    try repeatOne(CommandLine.arguments[index + 1], Int(CommandLine.arguments[index + 2]) ?? 1)
} else {
    let (floor, ours) = (Benchmark(library: "floor"), Benchmark(library: "hallpass"))
    for subject in [
        Subject(name: "plain", keys: plain, claims: claims), Subject(name: "kid", keys: named, claims: claims),
        Subject(name: "4 KB", keys: named, claims: large),
    ] { try subject.run(ours, floor: floor) }
}

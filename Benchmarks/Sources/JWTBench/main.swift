import Floor
import JWT

let secret = Array("0123456789abcdef0123456789ABCDEF".utf8)
let keys = KeySet(try Key(id: "2025-11", secret: secret))
let unnamed = KeySet(try Key(secret: secret))
let claims = Claims(
    issuer: "https://login.example", subject: "0b8f6d5e-6f0c-4f5e-9a3c-2f1f0a7f7c11", audience: ["notes"],
    expiresAt: 4_102_444_800, issuedAt: 1_762_000_000, id: "5f0f2c1e-9f3b-4f57-8a53-5d2d5f1f9b0e",
    scope: "notes:read notes:write", username: "ada.lovelace")
let policy = Policy.access(issuer: "https://login.example", audience: "notes")
let verifier = Verifier(keys: keys, policy: policy)
let signer = Signer(keys: keys)
let token = try signer.sign(claims)
let now: NumericDate = 1_763_000_000
let input = Array(token.utf8.prefix(token.utf8.count - 44))
print("token \(token.utf8.count) bytes, input \(input.count)")

@inline(never) func sink<T>(_ value: T) { withExtendedLifetime(value) {} }

<<<<<<< Updated upstream
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
        if name == "kid" { try measureRefusals(benchmark, least, verifier, token) }
    }

    private func measureRefusals(
        _ benchmark: Benchmark, _ floor: Double, _ verifier: Verifier, _ token: String
    ) throws {
        let none = "eyJhbGciOiJub25lIn0" + token.drop { $0 != "." }
        let unknown = Signer(key: try Key(id: "2024-01", secret: secret))
        let refused = [
            ("signature", String(token.dropLast(4)) + "AAAA", now), ("expired", token, 5_000_000_000),
            ("malformed", String(token.dropLast(4)) + "AA=A", now), ("algorithm", none, now),
            ("key", try unknown.sign(claims), now), ("limit", String(repeating: "A", count: 1_000_000), now),
        ]
        for (kind, token, now) in refused {
            benchmark.measure("refuse \(kind)", floor: floor) {
                do throws(JWTError) {
                    keep(try verifier.verify(token, at: now))
                    fatalError("accepted")
                } catch {
                    guard error.kind.rawValue == kind else { fatalError("\(error.kind)") }
                }
            }
        }
=======
let only = CommandLine.arguments.dropFirst().first

func measure(_ name: String, _ body: () -> Void) {
    if let only, only != name { return }
    if CommandLine.arguments.count > 2 { for _ in 0..<1000 { body() }; return }
    var best = Double.infinity
    var n = 1000
    var allocations = 0
    for round in 0..<12 {
        let start = floor_cpu_time()
        let before = floor_allocations()
        for _ in 0..<n { body() }
        allocations = (floor_allocations() - before) / n
        let time = floor_cpu_time() - start
        if round > 1 { best = min(best, time / Double(n)) }
        if time < 4e7 { n = Int(Double(n) * 5e7 / time) }
>>>>>>> Stashed changes
    }
    print("\(name)\t\(Int(best))\tallocations \(allocations)")
}

let floorKey = floor_key_new(secret, secret.count)!
var mac = [UInt8](repeating: 0, count: 32)
measure("floor") { floor_hmac(floorKey, input, input.count, &mac) }
measure("verify") { sink(try? verifier.verify(token, at: now)) }
measure("sign") { sink(try? signer.sign(claims)) }
measure("expired") {
    do throws(JWTError) { sink(try verifier.verify(token, at: 5_000_000_000)) } catch { sink(error.kind) }
}
let forged = String(token.dropLast(4)) + "AAAA"
measure("forged") { do throws(JWTError) { sink(try verifier.verify(forged, at: now)) } catch { sink(error.kind) } }

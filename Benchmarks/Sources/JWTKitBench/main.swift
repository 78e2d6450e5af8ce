import Floor
import Foundation
import JWT
import JWTKit
import Measuring

// The time of jwt-kit for the same access token, used as its README shows.

struct Access: JWTPayload {
    var iss: IssuerClaim
    var sub: SubjectClaim
    var aud: AudienceClaim
    var iat: IssuedAtClaim
    var exp: ExpirationClaim
    var jti: IDClaim
    var username: String
    var scope: String

    func verify(using _: some JWTAlgorithm) throws {
        try exp.verifyNotExpired()
        try aud.verifyIntendedAudience(includes: "notes")
        guard iss.value == "https://login.example" else {
            throw JWTKit.JWTError.claimVerificationFailure(failedClaim: iss, reason: "issuer")
        }
    }
}

let secret = "0123456789abcdef0123456789ABCDEF"
let claims = Claims(
    issuer: "https://login.example", subject: "0b8f6d5e-6f0c-4f5e-9a3c-2f1f0a7f7c11", audience: ["notes"],
    expiresAt: 4_102_444_800, issuedAt: 1_762_000_000, id: "5f0f2c1e-9f3b-4f57-8a53-5d2d5f1f9b0e",
    scope: "notes:read notes:write", username: "ada.lovelace")
let token = try Signer(key: Key(id: "2025-11", secret: Array(secret.utf8))).sign(claims)
let input = Array(token.utf8.dropLast(44))

guard let key = floor_key_new(Array(secret.utf8), secret.utf8.count) else { fatalError("no key") }
var code = [UInt8](repeating: 0, count: 32)
let floor = Benchmark(library: "floor").measure("hmac kid", floor: nil) { floor_hmac(key, input, input.count, &code) }

let keys = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256, kid: "2025-11")
let payload = try await keys.verify(token, as: Access.self)
let benchmark = Benchmark(library: "jwt-kit")
try await benchmark.measureAsync("verify kid", floor: floor) { keep(try await keys.verify(token, as: Access.self)) }
try await benchmark.measureAsync("sign kid", floor: floor) { keep(try await keys.sign(payload, kid: "2025-11")) }

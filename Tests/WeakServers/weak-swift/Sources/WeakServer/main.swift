import FlyingFox
import FlyingSocks
import Foundation
import JWTKit

// A deliberately weak service: each route makes one mistake of tutorials with jwt-kit. Copy no line of it.
//
//   WeakServer FOLDER
//
// It reads the key from FOLDER/keys.json and prints its port.

/// Checks `exp`, as in the documentation of jwt-kit.
struct Documented: JWTPayload {
    var sub: SubjectClaim
    var exp: ExpirationClaim

    func verify(using _: some JWTAlgorithm) throws { try exp.verifyNotExpired() }
}

/// Checks all claims that a token of this service needs.
struct Complete: JWTPayload {
    var iss: IssuerClaim
    var sub: SubjectClaim
    var aud: AudienceClaim
    var exp: ExpirationClaim

    func verify(using _: some JWTAlgorithm) throws {
        guard iss.value == "https://login.example" else {
            throw JWTError.claimVerificationFailure(failedClaim: iss, reason: "unknown issuer")
        }
        try aud.verifyIntendedAudience(includes: "shop")
        try exp.verifyNotExpired()
    }
}

struct Unchecked: JWTPayload {
    var sub: SubjectClaim
    var exp: ExpirationClaim

    func verify(using _: some JWTAlgorithm) throws {}
}

struct OptionalExpiry: JWTPayload {
    var sub: SubjectClaim
    var exp: ExpirationClaim?

    func verify(using _: some JWTAlgorithm) throws { try exp?.verifyNotExpired() }
}

struct Header: Decodable { var jwk: JWK? }

/// A set of secret keys, which jwt-kit does not read.
struct SecretKeys: Decodable {
    struct Key: Decodable { var kid, k: String }
    var keys: [Key]
}

extension Data {
    init?(base64URL text: String) {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        self.init(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/") + padding)
    }
}

/// The key of the token's header if it has one, otherwise the keys of the service.
func trusting(_ token: String, _ keys: JWTKeyCollection) async throws -> JWTKeyCollection {
    let header = Data(base64URL: String(token.prefix { $0 != "." })) ?? Data()
    guard let jwk = try JSONDecoder().decode(Header.self, from: header).jwk else { return keys }
    return try await JWTKeyCollection().add(jwk: jwk)
}

func subject(_ path: String, _ token: String, _ keys: JWTKeyCollection) async throws -> String? {
    switch path {
    case "/complete": try await keys.verify(token, as: Complete.self).sub.value
    case "/documented": try await keys.verify(token, as: Documented.self).sub.value
    case "/empty-verify": try await keys.verify(token, as: Unchecked.self).sub.value
    case "/unverified": try await keys.unverified(token, as: Unchecked.self).sub.value
    case "/optional-expiry": try await keys.verify(token, as: OptionalExpiry.self).sub.value
    case "/key-in-header": try await trusting(token, keys).verify(token, as: Documented.self).sub.value
    default: nil
    }
}

let file = URL(filePath: CommandLine.arguments[1]).appending(path: "keys.json")
let keys = JWTKeyCollection()
for key in try JSONDecoder().decode(SecretKeys.self, from: Data(contentsOf: file)).keys {
    guard let secret = Data(base64URL: key.k) else { fatalError("a key of \(file.path) is not base64url") }
    await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256, kid: JWKIdentifier(string: key.kid))
}
let handler = ClosureHTTPHandler { request in
    let field = request.headers[.authorization] ?? ""
    let token = field.hasPrefix("Bearer ") ? String(field.dropFirst(7)) : ""
    do {
        guard let name = try await subject(request.path, token, keys) else {
            return HTTPResponse(statusCode: .notFound)
        }
        return HTTPResponse(statusCode: .ok, body: Data(name.utf8))
    } catch {
        return HTTPResponse(statusCode: .unauthorized, headers: [HTTPHeader("WWW-Authenticate"): "Bearer"])
    }
}
let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: 0), logger: .disabled, handler: handler)
let running = Task { try await server.run() }
try await server.waitUntilListening()
guard case .ip4(_, let port)? = await server.listeningAddress else { fatalError("the server has no port") }
FileHandle.standardOutput.write(Data("\(port)\n".utf8))
try await running.value

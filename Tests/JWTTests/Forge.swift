import Foundation
import Libcrypto
import Testing

@testable import JWT

/// Makes tokens of any content, well-formed or not. Its base64 is Foundation's, so that a fault in our own does not hide.
enum Forge {
    /// The secret of every forged token, unless a test says otherwise: long enough for all three algorithms.
    static let secret = Array("a secret of the tests with sixty-four bytes, enough for any HMAC".utf8)
    static let plainHeader = #"{"alg":"HS256","typ":"JWT"}"#

    static func segment(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// A token over the bytes of a header and a payload, rightly signed.
    static func token(
        header: [UInt8], payload: [UInt8], _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret
    ) -> String {
        sign(segment(header) + "." + segment(payload), algorithm, secret: secret)
    }

    static func token(
        header: String = plainHeader, payload: String = "{}", _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret
    ) -> String {
        token(header: Array(header.utf8), payload: Array(payload.utf8), algorithm, secret: secret)
    }

    /// Any text with a right signature behind it.
    static func sign(_ input: String, _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret) -> String {
        input + "." + segment(code(input, algorithm, secret: secret))
    }

    static func code(_ input: String, _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret) -> [UInt8] {
        HMACKey(algorithm.function, secret: secret).code(for: input.utf8.span)
    }
}

extension Policy {
    /// Demands nothing that the RFCs leave open.
    static let bare = bare(leeway: 0)

    static func bare(leeway: Int64) -> Policy {
        Policy(type: nil, issuers: nil, audience: nil, leeway: leeway, required: [])
    }
}

/// What a verifier with the forge's secret answers: nil when it accepts.
func refusal(
    of token: String, policy: Policy = .bare, algorithm: Algorithm = .hs256, at now: NumericDate = 1_700_000_000
) throws -> JWTError.Code? {
    let verifier = Verifier(keys: KeySet(try Key(algorithm, secret: Forge.secret)), policy: policy)
    do throws(JWTError) {
        _ = try verifier.verify(token, at: now)
        return nil
    } catch {
        return error.code
    }
}

/// One row of a table of attacks.
struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String

    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    var testDescription: String { name }
}

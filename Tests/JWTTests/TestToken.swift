import Foundation
import Libcrypto
import Testing

@testable import JWT

/// Tokens with any content, well-formed or not. Their base64 is that of Foundation, so an error in our own cannot hide.
enum TestToken {
    /// The secret of every token, unless a test gives another one. It is long enough for all three algorithms.
    static let secret = Array("a secret of the tests with sixty-four bytes, enough for any HMAC".utf8)
    static let plainHeader = #"{"alg":"HS256","typ":"JWT"}"#

    static func segment(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// A token over the bytes of a header and a payload, with a valid signature.
    static func make(
        header: [UInt8], payload: [UInt8], _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret
    ) -> String {
        sign(segment(header) + "." + segment(payload), algorithm, secret: secret)
    }

    /// A token over a header and a payload, with a valid signature.
    static func make(
        header: String = plainHeader, payload: String = "{}", _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret
    ) -> String {
        make(header: Array(header.utf8), payload: Array(payload.utf8), algorithm, secret: secret)
    }

    /// Any text, followed by a period and the valid signature of the text.
    static func sign(_ input: String, _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret) -> String {
        input + "." + segment(code(input, algorithm, secret: secret))
    }

    static func code(_ input: String, _ algorithm: Algorithm = .hs256, secret: [UInt8] = secret) -> [UInt8] {
        HMACKey(algorithm.function, secret: secret).code(for: input.utf8.span)
    }
}

extension Policy {
    /// A policy without any demand that the RFCs leave open.
    static let bare = bare(leeway: 0)

    static func bare(leeway: Int64) -> Policy {
        Policy(type: nil, issuers: nil, audience: nil, leeway: leeway, required: [])
    }
}

/// The code of the error with which a verifier with `TestToken.secret` rejects a token; nil when it accepts the token.
func rejection(
    of token: String, policy: Policy = .bare, algorithm: Algorithm = .hs256, at now: NumericDate = 1_700_000_000
) throws -> JWTError.Code? {
    let verifier = Verifier(keys: KeySet(try Key(algorithm, secret: TestToken.secret)), policy: policy)
    do throws(JWTError) {
        _ = try verifier.verify(token, at: now)
        return nil
    } catch {
        return error.code
    }
}

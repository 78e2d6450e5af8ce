import JWT
import Libcrypto

/// The secret of a service, of any length, and the algorithm that it is used with.
struct ServiceKey {
    let algorithm: Algorithm
    let secret: [UInt8]

    /// The key with this secret; nil if it did not sign the token.
    init?(signing token: String, _ algorithm: String, secret: [UInt8], signature: [UInt8]) {
        guard let algorithm = Algorithm(rawValue: algorithm) else { return nil }
        let input = token.split(separator: ".", omittingEmptySubsequences: false).prefix(2).joined(separator: ".")
        let isSigner = HMACKey(algorithm.hash, secret: secret).isValid(signature.span, for: Array(input.utf8).span)
        guard isSigner else { return nil }
        (self.algorithm, self.secret) = (algorithm, secret)
    }
}

extension Algorithm {
    /// The hash function of the HMAC.
    var hash: HashFunction {
        switch self {
        case .hs256: .sha256
        case .hs384: .sha384
        case .hs512: .sha512
        }
    }
}

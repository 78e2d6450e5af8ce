import JWT
import Synchronization

/// A verifier that uses the current keys of its source.
final class ReloadingVerifier: Sendable {
    private let source: KeySource
    private let policy: Policy
    private let current: Mutex<(number: Int, verifier: Verifier)>

    init(source: KeySource, policy: Policy) {
        let generation = source.generation
        self.source = source
        self.policy = policy
        current = Mutex((generation.number, Verifier(keys: generation.keys, policy: policy)))
    }

    /// Verifies a token. When no key fits the token, the source reads its file again, and the verifier tries once more.
    func verify(_ token: String, at now: NumericDate) async throws(JWTError) -> VerifiedToken {
        do {
            return try verifier().verify(token, at: now)
        } catch  where error.code == .key {
            await source.rereadForUnknownKey()
            return try verifier().verify(token, at: now)
        }
    }

    private func verifier() -> Verifier {
        let generation = source.generation
        return current.withLock { current in
            if current.number != generation.number {
                current = (generation.number, Verifier(keys: generation.keys, policy: policy))
            }
            return current.verifier
        }
    }
}

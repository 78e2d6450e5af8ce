// Keys: the keys that a service signs and verifies with, and the verifiers that use them. This folder is separate from
// `Authentication` because links, calls and the revocation file use the same keys.

import Foundation
public import JWT
import Libcrypto
import Logging
import Metrics
public import ServiceLifecycle
public import ServiceRuntime
import Synchronization

/// The keys of a service: a secret from the environment, or a JWK Set file that is read again when it changes.
///
/// It reads the file once a second and compares the content. So it notices every way to replace the file: writing,
/// renaming, and the symbolic links of container orchestrators. While the file is invalid, the previous keys stay in
/// use.
public final class KeySource: Service {
    /// The keys, and a number that grows with every change.
    struct Generation: Sendable {
        let number: Int
        let keys: KeySet
    }

    private struct State {
        var generation: Generation
        var digest: [UInt8]
        /// A time of the steady clock.
        var nextForcedRead: Duration
        var isInvalid = false
    }

    private let path: String?
    private let state: Mutex<State>
    /// Reads the file. The next read starts when the keys of the last one are in use, so an older read never replaces the
    /// keys of a newer one.
    private let reading = DispatchQueue(label: "keys")
    private let clock: SteadyClock
    private let logger = Logger(label: "keys")

    private static let readInterval = Duration.seconds(1)

    /// Creates a source whose keys never change.
    public init(_ keys: KeySet) {
        path = nil
        clock = .system
        state = Mutex(State(generation: Generation(number: 1, keys: keys), digest: [], nextForcedRead: .zero))
    }

    /// Creates a source that reads a JWK Set file.
    ///
    /// - Throws: `KeyError`, or an error of the file system when the file cannot be read.
    public init(file path: String, clock: WallClock) throws {
        let text = try Self.read(path)
        self.path = path
        self.clock = clock.steady
        let keys = try KeySet(jwkSet: text)
        state = Mutex(
            State(generation: Generation(number: 1, keys: keys), digest: sha256(text), nextForcedRead: .zero))
        noteIgnored(keys)
    }

    /// The current keys.
    public var keys: KeySet { generation.keys }

    var generation: Generation { state.withLock { $0.generation } }

    /// Whether the last attempt to read the file failed.
    var isInvalid: Bool { state.withLock { $0.isInvalid } }

    /// Reads the file again after a token that no key fits, at most once a second.
    func rereadForUnknownKey() async {
        let now = clock.now()
        let mayRead = state.withLock { state in
            guard path != nil, now >= state.nextForcedRead else { return false }
            state.nextForcedRead = now + Self.readInterval
            return true
        }
        if mayRead { await reread() }
    }

    /// Reads the file once a second until the service shuts down.
    public func run() async throws {
        report(isInvalid: false)
        if let warning = path.flatMap(Self.warning(aboutFile:)) { logger.warning("\(warning)") }
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.readInterval)) != nil {
                await self.reread()
            }
        }
    }

    /// Reads the file on the queue, because a slow disk must not delay the thread of the caller.
    private func reread() async {
        guard let path else { return }
        await withCheckedContinuation { continuation in
            reading.async {
                self.reread(path)
                continuation.resume()
            }
        }
    }

    private func reread(_ path: String) {
        do {
            let text = try Self.read(path)
            let digest = sha256(text)
            guard state.withLock({ $0.digest != digest || $0.isInvalid }) else { return }
            adopt(try KeySet(jwkSet: text), digest: digest)
        } catch {
            noteFailure(error)
        }
    }

    private func adopt(_ keys: KeySet, digest: [UInt8]) {
        let (number, old) = state.withLock { state in
            let old = state.generation.keys
            if state.digest != digest { state.generation = Generation(number: state.generation.number + 1, keys: keys) }
            state.digest = digest
            state.isInvalid = false
            return (state.generation.number, old)
        }
        report(isInvalid: false, replaced: old)
        Counter(label: "jwt_keys_reloads").increment()
        let ids = keys.keys.map { $0.id ?? "-" }.joined(separator: " ")
        logger.notice("The key file was read.", metadata: ["generation": "\(number)", "kids": "\(ids)"])
        noteIgnored(keys)
    }

    private func noteIgnored(_ keys: KeySet) {
        guard keys.ignoredKeyCount > 0 else { return }
        logger.warning(
            "The key file has keys that are not symmetric (kty \"oct\"); they are ignored.",
            metadata: ["ignored": "\(keys.ignoredKeyCount)"])
    }

    private func noteFailure(_ error: any Error) {
        let isNew = state.withLock { state in
            defer { state.isInvalid = true }
            return !state.isInvalid
        }
        guard isNew else { return }
        report(isInvalid: true)
        Counter(label: "jwt_keys_reload_failures").increment()
        logger.error("The key file cannot be used; the previous keys stay in use.", metadata: ["error": "\(error)"])
    }

    /// Records in the metrics which keys are in use, so a rotation of keys can wait until the new keys are in use.
    private func report(isInvalid: Bool, replaced old: KeySet? = nil) {
        Gauge(label: "jwt_keys_faulty").record(isInvalid ? 1 : 0)
        let keys = keys
        let names = keys.keys.map { $0.id ?? "-" }
        let removed = (old?.keys ?? []).map { $0.id ?? "-" }.filter { name in
            !names.contains { $0.utf8.elementsEqual(name.utf8) }
        }
        for (index, name) in (names + removed).enumerated() {
            let dimensions = [("kid", name)]
            Gauge(label: "jwt_key_verifies", dimensions: dimensions).record(index < names.count ? 1 : 0)
            Gauge(label: "jwt_key_signs", dimensions: dimensions).record(index == keys.signingIndex ? 1 : 0)
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        return Array(try file.read(upToCount: KeySet.maximumTextBytes + 1) ?? Data())
    }
}

import Foundation
public import JWT
import Libcrypto
import Logging
import Metrics
public import ServiceLifecycle
public import ServiceRuntime
import Synchronization

/// The keys of a service: one secret from the environment, or a JWK Set file that is read again when it changes.
///
/// The file is read once a second and its content compared, which notices every way of replacing it: writing, renaming,
/// and the symlinks of container orchestrators. A file that cannot be read or is faulty leaves the old keys in force.
public final class KeySource: Service {
    /// The keys with the number of their generation, which grows with every change.
    struct Generation: Sendable {
        let number: Int
        let keys: KeySet
    }

    private struct State {
        var generation: Generation
        var digest: [UInt8]
        var nextForcedRead: Date
        var isFaulty = false
    }

    private let path: String?
    private let state: Mutex<State>
    private let clock: WallClock
    private let logger = Logger(label: "keys")

    private static let readInterval = Duration.seconds(1)
    private static let forcedReadIntervalSeconds = 1.0

    /// Keys that never change.
    public init(_ keys: KeySet) {
        path = nil
        clock = .system
        state = Mutex(State(generation: Generation(number: 1, keys: keys), digest: [], nextForcedRead: .distantFuture))
    }

    /// Keys from a JWK Set file.
    ///
    /// - Throws: `KeyError`, or an error of the file system when the file cannot be read.
    public init(file path: String, clock: WallClock) throws {
        let text = try Self.read(path)
        self.path = path
        self.clock = clock
        state = Mutex(
            State(
                generation: Generation(number: 1, keys: try KeySet(jwkSet: text)), digest: sha256(text),
                nextForcedRead: .distantPast))
    }

    /// The keys in force.
    public var keys: KeySet { generation.keys }

    var generation: Generation { state.withLock { $0.generation } }

    /// Whether the file was not usable when it was read last.
    var isFaulty: Bool { state.withLock { $0.isFaulty } }

    /// Reads the file again because a token names a key that is not in it, at most once a second.
    func rereadForUnknownKey() {
        let now = clock.now()
        let mayRead = state.withLock { state in
            guard path != nil, now >= state.nextForcedRead else { return false }
            state.nextForcedRead = now.addingTimeInterval(Self.forcedReadIntervalSeconds)
            return true
        }
        if mayRead { reread() }
    }

    /// Reads the file whenever it may have changed, until the service shuts down.
    public func run() async throws {
        report(faulty: false)
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.readInterval)) != nil {
                if self.path != nil { self.reread() }
            }
        }
    }

    private func reread() {
        guard let path else { return }
        do {
            let text = try Self.read(path)
            let digest = sha256(text)
            guard state.withLock({ $0.digest != digest || $0.isFaulty }) else { return }
            adopt(try KeySet(jwkSet: text), digest: digest)
        } catch {
            noteFault(error)
        }
    }

    private func adopt(_ keys: KeySet, digest: [UInt8]) {
        let (number, old) = state.withLock { state in
            let old = state.generation.keys
            if state.digest != digest { state.generation = Generation(number: state.generation.number + 1, keys: keys) }
            state.digest = digest
            state.isFaulty = false
            return (state.generation.number, old)
        }
        report(faulty: false, replaced: old)
        Counter(label: "jwt_keys_reloads").increment()
        let ids = keys.keys.map { $0.id ?? "-" }.joined(separator: " ")
        logger.notice("The key file was read.", metadata: ["generation": "\(number)", "kids": "\(ids)"])
    }

    private func noteFault(_ error: any Error) {
        let isNew = state.withLock { state in
            defer { state.isFaulty = true }
            return !state.isFaulty
        }
        guard isNew else { return }
        report(faulty: true)
        Counter(label: "jwt_keys_reload_failures").increment()
        logger.error("The key file is faulty; the old keys stay in force.", metadata: ["error": "\(error)"])
    }

    /// Says in the metrics which keys are in force, so that whoever changes them can wait for it.
    private func report(faulty: Bool, replaced old: KeySet? = nil) {
        Gauge(label: "jwt_keys_faulty").record(faulty ? 1 : 0)
        let keys = keys
        let names = keys.keys.map { $0.id ?? "-" }
        let gone = (old?.keys ?? []).map { $0.id ?? "-" }.filter { name in
            !names.contains { $0.utf8.elementsEqual(name.utf8) }
        }
        for (place, name) in (names + gone).enumerated() {
            let dimensions = [("kid", name)]
            Gauge(label: "jwt_key_verifies", dimensions: dimensions).record(place < names.count ? 1 : 0)
            Gauge(label: "jwt_key_signs", dimensions: dimensions).record(place == keys.signingIndex ? 1 : 0)
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        return Array(try file.read(upToCount: KeySet.maximumTextBytes + 1) ?? Data())
    }
}

import CurlClient
import Foundation
import HTTPTypes
import JWT
import Logging
import Metrics
public import ServiceLifecycle
public import ServiceRuntime
import Synchronization

/// Follows login's revocation feed, so that the door knows who has signed out without asking anybody.
///
/// One long-poll is always under way in the background; news are in force before the next one begins. While login is away
/// the service goes on with what it has, also after a restart, as the list is kept on disk.
public final class RevocationFeed: Service {
    /// How far the feed was read.
    private struct Position: Equatable {
        var seq: Int64
        var epoch: String?
    }

    private struct State {
        /// Nil until the beginning was read.
        var position: Position?
        /// When login answered last.
        var lastContact: Date?
        /// Whether the list had no room for all that was revoked.
        var isOverfull = false
        var failures = 0
    }

    /// What was wrong with an answer.
    private struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private let list: RevocationList
    private let login: ServiceClient
    private let http: HTTPClient
    private let verifier: ReloadingVerifier
    private let file: RevocationFile?
    private let maxAgeSeconds: Int?
    private let waitSeconds: Int
    private let clock: WallClock
    private let startedAt: Date
    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    private let noteChange: AsyncStream<Void>.Continuation
    private let logger = Logger(label: "revocations")

    private static let longestWaitSeconds = 25
    private static let answerSeconds = 5
    private static let degradedAfterSeconds = 60.0
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(1)
    private static let saveInterval = Duration.seconds(1)
    private static let sweepIntervalSeconds = 10.0

    /// The feed of a service, with the list that it kept when it ran last.
    ///
    /// - Parameters:
    ///   - service: Who asks; its name is the issuer of the token that each request carries.
    ///   - tokens: The keys, and the issuer that the list must name.
    public convenience init(
        of service: ServiceSettings, _ tokens: TokenSettings, _ settings: RevocationSettings, clock: WallClock
    ) {
        self.init(of: service.name, tokens, settings, list: RevocationList(), clock: clock)
    }

    init(
        of service: String, _ tokens: TokenSettings, _ settings: RevocationSettings, list: RevocationList,
        clock: WallClock
    ) {
        self.list = list
        self.clock = clock
        maxAgeSeconds = settings.maxAgeSeconds
        // An answer comes at latest after this time, and has to come before the list is too old.
        waitSeconds = min(Self.longestWaitSeconds, (settings.maxAgeSeconds ?? .max) / 2)
        var configuration = HTTPClient.Configuration()
        configuration.deadline = .seconds(waitSeconds + Self.answerSeconds)
        configuration.maximumResponseBytes = TokenType.revocationPage.maximumBytes
        http = HTTPClient(configuration: configuration)
        login = ServiceClient(
            "login", at: settings.loginURL, http: http,
            tokens: ServiceTokenIssuer(issuer: service, keys: tokens.keys, clock: clock))
        verifier = ReloadingVerifier(
            source: tokens.keys,
            policy: TokenType.revocationPage.policy(
                issuers: [tokens.issuer], audience: nil, leeway: Int64(tokens.leewaySeconds)))
        file = settings.folder.map {
            RevocationFile(path: "\($0)/\(service).revocations", service: service, keys: tokens.keys)
        }
        startedAt = clock.now()
        (changes, noteChange) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        load()
    }

    /// Follows the feed until the service shuts down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.measure() }
                group.addTask { await self.save() }
                await self.follow()
            }
        }
        write()
        await http.shutdown()
    }
}

// MARK: - What the door asks

extension RevocationFeed {
    /// Whether the token was revoked, as far as is known here. Takes no time and asks nobody.
    func refuses(_ token: VerifiedToken) -> Bool {
        list.refuses(token)
    }

    /// Whether too little is known to let anyone in: the list is older than `REVOCATIONS_MAX_AGE`, or overfull.
    var isStale: Bool {
        let (lastContact, isOverfull) = state.withLock { ($0.lastContact, $0.isOverfull) }
        guard !isOverfull else { return true }
        guard let maxAgeSeconds else { return false }
        return lastContact.map { clock.now().timeIntervalSince($0) > Double(maxAgeSeconds) } ?? true
    }

    /// What `/readyz` says of the feed.
    public var readiness: Readiness.Check {
        Readiness.Check("revocations") {
            let (lastContact, isOverfull) = self.state.withLock { ($0.lastContact, $0.isOverfull) }
            if isOverfull { return .degraded("more tokens are revoked than the list can hold; tokens are refused") }
            guard let lastContact else { return .degraded("login was never heard") }
            let age = self.clock.now().timeIntervalSince(lastContact)
            guard age > Self.degradedAfterSeconds else { return .ready }
            return .degraded("login was not heard for \(Int(age)) s")
        }
    }
}

// MARK: - Following

extension RevocationFeed {
    private func follow() async {
        var sweptAt = clock.now()
        while !Task.isCancelled {
            do {
                let isNews = try await poll()
                noteSuccess()
                // An issuer that answers at once although it has nothing to say is not asked without pause.
                if !isNews { try await Task.sleep(for: Self.firstPause) }
            } catch {
                guard !Task.isCancelled else { return }
                try? await Task.sleep(for: noteFailure(error))
            }
            guard clock.now().timeIntervalSince(sweptAt) >= Self.sweepIntervalSeconds else { continue }
            sweptAt = clock.now()
            list.removeExpired(at: NumericDate(sweptAt))
        }
    }

    /// Asks once, and begins anew when the answer does not follow what is known.
    ///
    /// - Returns: whether there was anything new.
    private func poll() async throws -> Bool {
        guard let known = state.withLock({ $0.position }) else { return try adopt(await beginning()) }
        let page = try await ask(after: known.seq, wait: waitSeconds)
        if Self.follows(page, known) { return try adopt(page) }
        logger.notice("The revocations are another sequence than before; they are read from the beginning.")
        return try adopt(await beginning())
    }

    private func beginning() async throws -> RevocationPage {
        let page = try await ask(after: 0, wait: 0)
        guard page.isReset else { throw Fault(description: "the beginning of the feed is missing") }
        return page
    }

    /// Whether a page goes on where the last one ended, or is a beginning.
    private static func follows(_ page: RevocationPage, _ known: Position) -> Bool {
        if page.isReset { return true }
        return page.seq >= known.seq && page.after ?? known.seq == known.seq
            && (page.epoch ?? "").utf8.elementsEqual((known.epoch ?? "").utf8)
    }

    private func adopt(_ page: RevocationPage) throws -> Bool {
        let isComplete = list.add(page.entries)
        let isMoved = state.withLock { state in
            state.isOverfull = !isComplete
            guard isComplete else { return false }
            let position = Position(seq: page.seq, epoch: page.epoch)
            defer { state.position = position }
            state.lastContact = clock.now()
            return position != state.position
        }
        if isMoved || !page.entries.isEmpty { noteChange.yield() }
        guard isComplete else { throw Fault(description: "more tokens are revoked than the list can hold") }
        return !page.entries.isEmpty
    }

    private func ask(after seq: Int64, wait: Int) async throws -> RevocationPage {
        let answer = try await login.send(
            .get, "/revocations?after=\(seq)&wait=\(wait)", scope: "revocations:read")
        guard answer.status == .ok else { throw Fault(description: "login answered \(answer.status.code)") }
        let token = try verifier.verify(String(decoding: answer.body, as: UTF8.self), at: clock.second)
        guard let page = RevocationPage(token) else { throw Fault(description: "the answer is no revocation list") }
        return page
    }

    private func noteSuccess() {
        let hadFailed = state.withLock { state in
            defer { state.failures = 0 }
            return state.failures > 0
        }
        if hadFailed { logger.notice("The revocation feed answers again.") }
    }

    /// Notes a failure and returns how long to wait: 0.1 s, and twice as long each time up to one second, so that a
    /// login that is back is heard within that; less a random part, so that not all services ask at once.
    private func noteFailure(_ error: any Error) -> Duration {
        let failures = state.withLock { state in
            state.failures += 1
            return state.failures
        }
        Counter(label: "revocations_failures").increment()
        if failures == 1 {
            logger.warning("The revocation feed does not answer.", metadata: ["error": "\(error)"])
        }
        let pause = min(Self.longestPause, Self.firstPause * (1 << min(failures - 1, 10)))
        return pause * Double.random(in: 0.5...1)
    }

    /// Keeps the gauges true, also while nothing happens.
    private func measure() async {
        repeat {
            let lastContact = state.withLock { $0.lastContact } ?? startedAt
            Gauge(label: "revocations_age_seconds").record(clock.now().timeIntervalSince(lastContact))
            Gauge(label: "revocations_entries").record(list.count)
        } while (try? await Task.sleep(for: .seconds(1))) != nil
    }
}

// MARK: - Keeping

extension RevocationFeed {
    private func load() {
        do {
            guard let kept = try file?.read() else { return }
            let isComplete = list.add(kept.entries)
            let now = clock.now()
            list.removeExpired(at: NumericDate(now))
            state.withLock { state in
                state.isOverfull = !isComplete
                state.position = isComplete ? Position(seq: kept.seq, epoch: kept.epoch) : nil
                state.lastContact = min(kept.lastContact, now)
            }
        } catch {
            logger.error("The revocations that were kept are not usable.", metadata: ["error": "\(error)"])
        }
    }

    /// Writes the file when the list has changed, at most once a second: a crash costs the news of that time, which login
    /// tells again. A long list takes its time, so it is written on a thread that no task waits for.
    private func save() async {
        let thread = DispatchQueue(label: "revocations")
        for await _ in changes {
            await withCheckedContinuation { continuation in
                thread.async {
                    self.write()
                    continuation.resume()
                }
            }
            guard (try? await Task.sleep(for: Self.saveInterval)) != nil else { return }
        }
    }

    private func write() {
        let (position, lastContact) = state.withLock { ($0.position, $0.lastContact) }
        guard let file, let position, let lastContact else { return }
        do {
            try file.write(
                .init(seq: position.seq, epoch: position.epoch, lastContact: lastContact, entries: list.entries))
        } catch {
            logger.error("The revocations cannot be kept.", metadata: ["error": "\(error)"])
        }
    }
}

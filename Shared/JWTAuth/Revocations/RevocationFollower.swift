import CurlClient
import Foundation
import HTTPTypes
import JWT
import Logging
import Metrics
public import ServiceLifecycle
public import ServiceRuntime

/// Follows login's revocation feed and keeps a `RevocationState` up to date.
///
/// It sends one long-poll request at a time, and applies the revocations of each response before the next request.
/// While login is down, the service uses the revocations that it knows. They survive a restart, because the follower
/// saves the state to a file.
public final class RevocationFollower: Service {
    private let state: RevocationState
    private let login: ServiceClient
    private let http: HTTPClient
    private let verifier: ReloadingVerifier
    private let file: RevocationFile?
    private let waitSeconds: Int
    private let clock: WallClock
    private let changes: AsyncStream<Void>
    private let noteChange: AsyncStream<Void>.Continuation
    private let firstRead: AsyncStream<Void>
    private let endFirstRead: AsyncStream<Void>.Continuation
    private let logger = Logger(label: "revocations")

    private static let maximumWaitSeconds = 25
    private static let responseSeconds = 5
    private static let firstPause = Duration.milliseconds(100)
    private static let maximumPause = Duration.seconds(1)
    private static let saveInterval = Duration.seconds(1)
    private static let sweepInterval = Duration.seconds(10)
    private static let maximumFirstRead = Duration.seconds(5)

    /// Creates the follower of a service, and restores the state that the service saved when it ran last.
    ///
    /// - Parameters:
    ///   - state: The state to keep up to date.
    ///   - service: The name of the service, which is the issuer of the token that each request carries.
    ///   - tokens: The keys, and the issuer that the feed must name.
    ///   - settings: The address of login, and the folder of the file.
    ///   - clock: The source of the time at which tokens are verified and signed.
    public init(
        updating state: RevocationState, of service: String, _ tokens: TokenSettings, _ settings: RevocationSettings,
        clock: WallClock
    ) {
        self.state = state
        self.clock = clock
        // The response must arrive before the state is older than the maximum age.
        waitSeconds = min(Self.maximumWaitSeconds, (settings.maximumAgeSeconds ?? .max) / 2)
        var configuration = HTTPClient.Configuration()
        configuration.deadline = .seconds(waitSeconds + Self.responseSeconds)
        configuration.maximumResponseBytes = TokenType.revocationPage.maximumBytes
        configuration.propagatedHeaders = { RequestScope.onwardFields }
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
        (changes, noteChange) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (firstRead, endFirstRead) = AsyncStream.makeStream()
        restore()
    }

    /// Waits until the state has all revocations of the feed, or login cannot be reached; at most five seconds.
    ///
    /// A service that waits for this before it listens accepts no token that was revoked before it started, unless login
    /// is down.
    public func waitForFirstRead() async {
        await withTaskGroup { group in
            group.addTask { for await _ in self.firstRead {} }
            group.addTask { try? await Task.sleep(for: Self.maximumFirstRead) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Follows the feed until the service shuts down.
    public func run() async throws {
        defer { endFirstRead.finish() }
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.measure() }
                group.addTask { await self.saveChanges() }
                await self.follow()
            }
        }
        save()
        await http.shutdown()
    }

    /// Records the gauges each second, because the age grows even while no response arrives.
    private func measure() async {
        repeat {
            Gauge(label: "revocations_age_seconds").record(state.ageSeconds)
            Gauge(label: "revocations_entries").record(state.count)
        } while (try? await Task.sleep(for: .seconds(1))) != nil
    }
}

// MARK: - Following the feed

extension RevocationFollower {
    /// A response of login that the follower cannot use.
    private enum FeedError: Error, CustomStringConvertible {
        case status(HTTPResponse.Status)
        case notRevocations
        case noBeginning
        case incomplete(RevocationState.Gap)

        var description: String {
            switch self {
            case .status(let status): "login responded with the status \(status.code)"
            case .notRevocations: "the token in login's response is not a page of revocations"
            case .noBeginning: "login's response to after=0 is not the beginning of the feed"
            case .incomplete(let gap): gap.description
            }
        }
    }

    private func follow() async {
        var (failures, hasReadAll) = (0, false)
        var sweptAt = clock.steady.now()
        while !Task.isCancelled {
            do {
                // The first read ends at once, because the service may wait for it before it listens.
                let page = try await poll(waitSeconds: hasReadAll ? waitSeconds : 0)
                if failures > 0 { logger.notice("The revocation feed can be read again.") }
                failures = 0
                if !page.isFull {
                    hasReadAll = true
                    endFirstRead.finish()
                }
                // Login normally delays a response without revocations. If it does not, it must not be polled in a
                // tight loop.
                if page.entries.isEmpty { try await Task.sleep(for: Self.firstPause) }
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                note(error, failures)
                endFirstRead.finish()
                try? await Task.sleep(for: Self.pause(after: failures))
            }
            guard clock.steady.now() - sweptAt >= Self.sweepInterval else { continue }
            sweptAt = clock.steady.now()
            state.removeExpired()
        }
    }

    /// Asks for one page and adds it. Reads the feed from its beginning when the page does not follow the state, or the
    /// clock was set back.
    private func poll(waitSeconds: Int) async throws -> RevocationPage {
        if let position = state.position, state.gap != .clockSetBack {
            guard let page = try await pageUnlessClockIsSetBack(after: position.seq, waitSeconds: waitSeconds) else {
                return try await poll(waitSeconds: waitSeconds)
            }
            if page.follows(position) { return try adopt(page) }
            logger.notice("The revocation feed is another sequence than before; it is read from its beginning.")
        } else if state.position != nil {
            logger.notice("The clock was set back; the revocation feed is read from its beginning.")
            state.readAgain()
        }
        return try adopt(await beginning())
    }

    /// The page after `seq`; nil when the clock is set back before login has responded.
    private func pageUnlessClockIsSetBack(after seq: Int64, waitSeconds: Int) async throws -> RevocationPage? {
        try await withThrowingTaskGroup(of: RevocationPage?.self) { group in
            group.addTask { try await self.page(after: seq, waitSeconds: waitSeconds) }
            group.addTask {
                repeat { try await Task.sleep(for: .seconds(1)) } while self.state.gap != .clockSetBack
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func beginning() async throws -> RevocationPage {
        let page = try await page(after: 0, waitSeconds: 0)
        guard page.isReset else { throw FeedError.noBeginning }
        return page
    }

    private func page(after seq: Int64, waitSeconds: Int) async throws -> RevocationPage {
        let response = try await login.send(
            .get, "/revocations?after=\(seq)&wait=\(waitSeconds)", scope: "revocations:read")
        guard response.status == .ok else { throw FeedError.status(response.status) }
        let token = try await verifier.verify(String(decoding: response.body, as: UTF8.self), at: clock.second)
        guard let page = RevocationPage(token) else { throw FeedError.notRevocations }
        return page
    }

    private func adopt(_ page: RevocationPage) throws -> RevocationPage {
        let position = state.position
        let isComplete = state.add(page)
        if state.position != position || !page.entries.isEmpty { noteChange.yield() }
        guard isComplete else { throw FeedError.incomplete(state.gap ?? .overfull) }
        return page
    }

    private func note(_ error: any Error, _ failures: Int) {
        Counter(label: "revocations_failures").increment()
        guard failures == 1 else { return }
        logger.warning("The revocation feed cannot be read.", metadata: ["error": "\(error)"])
    }

    /// The pause after `failures` failures in a row: 0.1 s, doubled for each further failure up to 1 s. The low maximum
    /// lets the service notice soon that login is back. The pause is randomly shortened, so not all services poll at
    /// once.
    static func pause(after failures: Int) -> Duration {
        min(maximumPause, firstPause * (1 << min(failures - 1, 10))) * Double.random(in: 0.5...1)
    }
}

// MARK: - Saving the state

extension RevocationFollower {
    private func restore() {
        do {
            if let snapshot = try file?.read() { state.restore(snapshot) }
        } catch {
            logger.error("The saved revocations cannot be used.", metadata: ["error": "\(error)"])
        }
    }

    /// Saves the state when it has changed, at most once a second. A crash loses at most the revocations of the last
    /// second. Login sends them again.
    private func saveChanges() async {
        // Write on a dispatch queue: writing a long list takes time and would block a thread that other tasks need.
        let queue = DispatchQueue(label: "revocations")
        for await _ in changes {
            await withCheckedContinuation { continuation in
                queue.async {
                    self.save()
                    continuation.resume()
                }
            }
            guard (try? await Task.sleep(for: Self.saveInterval)) != nil else { return }
        }
    }

    private func save() {
        guard let file, let snapshot = state.snapshot else { return }
        do {
            try file.write(snapshot)
        } catch {
            logger.error(
                "The revocations cannot be saved. Make the folder writable, or name another one in REVOCATIONS_FOLDER.",
                metadata: ["file": "\(file.path)", "error": "\(error)"])
        }
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import ServiceRuntime

/// `GET /revocations?after=SEQ&wait=SECONDS`: the feed from which services learn which tokens they must reject.
///
/// The response is a token of the type `TokenType.revocationPage`. The next request sends its `seq` as `after`. When
/// its `epoch` differs from that of the page before, the reader starts again with `after=0`.
struct RevocationFeedRoutes: Sendable {
    let log: RevocationLog
    let issuer: String
    let keys: KeySource
    /// The names of the services that may read the feed.
    let readers: [String]
    let clock: WallClock

    /// The maximum of the parameter `wait`, in seconds.
    static let maximumWaitSeconds = 30

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .service(from: readers), scope: "revocations:read").get(
            "revocations", use: revocations)
    }

    private func revocations(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> Response {
        let after = try Self.number("after", of: request, upTo: .max)
        let wait = try Self.number("wait", of: request, upTo: Self.maximumWaitSeconds)
        let caller = context.identity.token.issuer ?? context.identity.subject
        var page = try await page(after: Int64(after), until: .now + .seconds(wait), for: caller)
        // The signature covers `after`, so nobody can replay the response to another request as the response to this
        // one.
        page.after = Int64(after)
        return Response(
            status: .ok, headers: [.contentType: "application/jwt", .cacheControl: "no-store"],
            body: .init(byteBuffer: .init(string: try sign(page))))
    }

    /// Returns the page after number `seq` as soon as it has an entry, another epoch begins, or the deadline passes.
    ///
    /// Returns what there is at once when too many requests wait already.
    private func page(
        after seq: Int64, until deadline: ContinuousClock.Instant, for caller: String
    ) async throws -> RevocationPage {
        guard deadline > .now, let subscription = log.notifier.subscribe(as: caller) else {
            return try await log.page(after: seq, at: clock.now())
        }
        var page = try await log.page(after: seq, at: clock.now())
        let epoch = page.epoch
        while page.seq == seq, page.epoch == epoch {
            let hasChanged = try await ClientConnection.cancellingOnClose {
                await subscription.waitForChange(until: deadline)
            }
            guard hasChanged else { break }
            page = try await log.page(after: seq, at: clock.now())
        }
        return page
    }

    private func sign(_ page: RevocationPage) throws -> String {
        let now = NumericDate(clock.now())
        return try TokenType.revocationPage.signer(keys: keys.keys).sign(
            Claims(
                issuer: issuer, expiresAt: TokenType.revocationPage.expiry(issuedAt: now), issuedAt: now,
                others: page.claims))
    }

    private static func number(_ name: String, of request: Request, upTo limit: Int) throws -> Int {
        guard let text = request.uri.queryParameters[name[...]] else { return 0 }
        guard let number = Int(text), (0...limit).contains(number) else {
            throw Problem.unprocessable([.init(name, "must be a whole number from 0 to \(limit)")])
        }
        return number
    }
}

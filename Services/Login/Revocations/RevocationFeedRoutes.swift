import Foundation
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import ServiceRuntime

/// `GET /revocations?after=SEQ&wait=SECONDS`: tells services which tokens they must refuse.
///
/// The answer is a token of the type `TokenType.revocationPage`. Its `seq` is what the next request gives as `after`. Besides what
/// the contract names it has `epoch`, a word; when that changes, a reader begins again with `after=0`.
struct RevocationFeedRoutes: Sendable {
    let log: RevocationLog
    let bell: RevocationNotifier
    let issuer: String
    let keys: KeySource
    /// The names of the services that may ask.
    let readers: [String]
    let clock: WallClock

    static let maxWaitSeconds = 30

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .service(from: readers), scope: "revocations:read").get(
            "revocations", use: revocations)
    }

    private func revocations(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> Response {
        let after = try Self.number("after", of: request, upTo: .max)
        let wait = try Self.number("wait", of: request, upTo: Self.maxWaitSeconds)
        var page = try await page(after: Int64(after), until: .now + .seconds(wait))
        // So that an answer to another question cannot be passed off as this one.
        page.after = Int64(after)
        return Response(
            status: .ok, headers: [.contentType: "application/jwt", .cacheControl: "no-store"],
            body: .init(byteBuffer: .init(string: try sign(page))))
    }

    /// The page after number `seq`, as soon as there is something on it or another epoch begins.
    private func page(after seq: Int64, until deadline: ContinuousClock.Instant) async throws -> RevocationPage {
        guard deadline > .now else { return try await log.page(after: seq, at: clock.now()) }
        guard let listener = bell.listen() else {
            throw Problem.unavailable("Too many wait for revocations. Try again.")
        }
        var page = try await log.page(after: seq, at: clock.now())
        let epoch = page.epoch
        while page.seq == seq, page.epoch == epoch, await listener.wait(until: deadline) {
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

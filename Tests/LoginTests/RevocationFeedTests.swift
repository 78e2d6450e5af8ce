import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct RevocationFeedTests {
    @Test func `an empty feed has a sequence number from which its reader can wait`() async throws {
        try await LoginUnderTest.run { login in
            let feed = try await login.feed(after: 0, wait: 30)
            #expect(feed.seq == 1 && feed.reset && feed.entries.isEmpty)
            let next = try await login.feed(after: 1)
            #expect(next.after == 1 && next.seq == 1 && !next.reset && next.entries.isEmpty && next.epoch == feed.epoch)
        }
    }

    @Test func `the end of a session is one entry that expires with its last possible token`() async throws {
        try await LoginUnderTest.run { login in
            let (here, there) = (try await login.signedUp(), try await login.signIn("alice"))
            #expect(try await login.client.send(.post, "/logout", token: here.accessToken).status == 204)
            #expect(try await login.client.send(.post, "/logout", token: here.accessToken).status == 204)
            let first = try await login.feed(after: 1)
            let session = Feed.Entry(
                kind: "session", id: try here.sessionID, before: nil, exp: 1_780_000_000 + 600 + 300)
            #expect(first.seq == 2 && !first.reset && first.entries == [session])
            login.clock.advance(seconds: 100)
            #expect(
                try await login.client.send(.delete, "/sessions/\(there.sessionID)", token: there.accessToken).status
                    == 204)
            let second = try await login.feed(after: 2)
            #expect(try second.seq == 3 && second.entries.map(\.id) == [there.sessionID])
            #expect(try await login.feed(after: 0).entries.count == 2)
            login.clock.advance(seconds: 800 + 86_400)
            let third = try await login.feed(after: 0)
            #expect(third.seq == 3 && third.reset && third.entries.isEmpty)
        }
    }

    @Test func `an entry outlives a clock that is ahead for a while`() async throws {
        try await LoginUnderTest.run { login in
            let (first, second) = (try await login.signedUp(), try await login.signIn("alice"))
            _ = try await login.client.send(.post, "/logout", token: first.accessToken)
            login.clock.step(seconds: 3600)
            // The end of another session removes entries that are no longer needed.
            #expect(try await login.revoke(second.refreshToken).status == 200)
            #expect(try await login.feed(after: 0).entries.map(\.id) == [first.sessionID, second.sessionID])
            login.clock.step(seconds: -3600)
            #expect(try await login.feed(after: 0).entries.map(\.id) == [first.sessionID, second.sessionID])
        }
    }

    @Test func `a revocation of a kind that this version does not know makes the feed unavailable`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            _ = try await login.client.send(.post, "/logout", token: response.accessToken)
            let database = try login.folder.openDatabase()
            defer { try? database.close() }
            _ = try await database.write { try $0.execute("UPDATE revocations SET kind = 'planet'") }
            let feed = try await login.feedResponse(after: 0)
            #expect(feed.status == 503 && feed.headers[.retryAfter] == "1")
        }
    }

    @Test func `expired entries are deleted from the database`() async throws {
        try await LoginUnderTest.run { login in
            let first = try await login.signedUp()
            _ = try await login.client.send(.post, "/logout", token: first.accessToken)
            login.clock.advance(seconds: 900 + 86_400)
            let second = try await login.signIn("alice")
            _ = try await login.client.send(.post, "/logout", token: second.accessToken)
            let rows = try await login.rows("SELECT seq, subject FROM revocations")
            let sequence: [Int] = try rows.map { try $0["seq"] }
            #expect(sequence == [3])
        }
    }

    @Test func `a session whose access tokens have all expired ends without an entry`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            login.clock.advance(seconds: 900 + 86_400)
            #expect(try await login.revoke(response.refreshToken).status == 200)
            #expect(try await login.refresh(response.refreshToken).status == 400)
            #expect(try await login.feed(after: 0).seq == 1)
        }
    }

    @Test func `an entry covers the newest access token of its session, even one of a repeated refresh`() async throws {
        try await LoginUnderTest.run { login in
            let first = try await login.signedUp()
            login.clock.advance(seconds: 300)
            _ = try await login.refresh(first.refreshToken)
            login.clock.advance(seconds: 9)
            let repeated = try await login.refresh(first.refreshToken)
            _ = try await login.client.send(.post, "/logout", token: repeated.accessToken)
            #expect(try await login.feed(after: 0).entries.map(\.exp) == [1_780_000_309 + 900])
        }
    }

    @Test func `only services with the scope for the feed can read it`() async throws {
        try await LoginUnderTest.run { login in
            let path = "/revocations?after=0"
            let user = try await login.signedUp().accessToken
            let tokens = [
                user, try login.serviceToken("revocations:read", .get, path, by: "stranger"),
                try login.serviceToken("revocations:read", .get, path, by: "login"),
                try login.serviceToken("revocations:read", .get, "/revocations?after=1"),
            ]
            for token in tokens { #expect(try await login.client.send(.get, path, token: token).status == 401) }
            let narrow = try login.serviceToken("tokens:introspect", .get, path)
            #expect(try await login.client.send(.get, path, token: narrow).status == 403)
            #expect(try await login.client.send(.get, path).status == 401)
            let response = try await login.feedResponse(after: 0)
            #expect(
                response.headers[.contentType] == "application/jwt" && response.headers[.cacheControl] == "no-store")
            #expect(try header(of: response.text)["typ"] as? String == TokenType.revocationPage.typ)
        }
    }

    @Test(arguments: ["after=-1", "after=x", "after=99999999999999999999", "wait=31", "wait=-1", "wait=1.5", "wait="])
    func `a malformed query is rejected with the name of its parameter`(query: String) async throws {
        try await LoginUnderTest.run { login in
            let path = "/revocations?\(query)"
            let response = try await login.client.send(
                .get, path, token: try login.serviceToken("revocations:read", .get, path))
            #expect(response.status == 422 && response.text.contains(query.prefix { $0 != "=" }))
        }
    }

    @Test func `a reader that is ahead of the log is reset`() async throws {
        try await LoginUnderTest.run { login in
            let response = try await login.signedUp()
            _ = try await login.client.send(.post, "/logout", token: response.accessToken)
            let feed = try await login.feed(after: 7, wait: 30)
            #expect(try feed.reset && feed.seq == 2 && feed.entries.map(\.id) == [response.sessionID])
        }
    }

    @Test(.enabled(if: TestEngine.selected == .postgresql, "On SQLite, each start begins another epoch"))
    func `a start of another process does not begin another epoch`() async throws {
        try await LoginUnderTest.run { first in
            let before = try await first.feed(after: 0).epoch
            try await LoginUnderTest.run(folder: first.folder) { second in
                let epochs = try await [second.feed(after: 0).epoch, first.feed(after: 0).epoch]
                #expect(epochs == [before, before])
            }
        }
    }

    @Test(.enabled(if: TestEngine.selected == .sqlite, "On PostgreSQL, the epoch belongs to the database"))
    func `the epoch is that of the last start for every process on the database`() async throws {
        let folder = try TemporaryFolder()
        try await LoginUnderTest.run(folder: folder) { first in
            let before = try await first.feed(after: 0).epoch
            #expect(try await first.feed(after: 0).epoch == before)
            try await LoginUnderTest.run(folder: folder) { second in
                let after = try await second.feed(after: 0).epoch
                #expect(after != before)
                #expect(try await first.feed(after: 0).epoch == after)
            }
        }
    }

    @Test func `a page of the feed has a limited number of entries, and the next one has the rest`() async throws {
        let (stores, clock) = (try Stores(), TestClock())
        let account = try await stores.addAccount("alice")
        for _ in 1...5 {
            let (session, _) = try #require(
                await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: clock.now))
            try await stores.sessions.end(session.id, at: clock.now)
        }
        let log = stores.revocations
        let first = try await log.page(after: 0, limit: 3, at: clock.now)
        #expect(first.isReset && first.seq == 4 && first.entries.count == 3)
        let second = try await log.page(after: first.seq, limit: 3, at: clock.now)
        #expect(!second.isReset && second.seq == 6 && second.entries.count == 2)
    }

    @Test func `the largest page makes a token of less than half of the accepted size`() async throws {
        let (stores, clock, count) = (try Stores(), TestClock(), 500)
        try await stores.database.write { connection in
            for _ in 0..<count {
                let entry = Revocation(
                    kind: .account, id: UUID().lowercase, before: 1_780_000_000, expiresAt: NumericDate(clock.now) + 900
                )
                try stores.revocations.append(entry, at: clock.now, in: connection)
            }
        }
        try await LoginUnderTest.run(folder: stores.folder) { login in
            let response = try await login.feedResponse(after: 0)
            #expect(try Feed(response.text, at: login.clock.now).entries.count == count)
            #expect(
                response.text.utf8.count * (RevocationPage.maximumEntries / count) < TokenType.revocationPage
                    .maximumBytes
                    / 2)
        }
    }

    @Test func `a revocation that is rolled back leaves no gap in the sequence`() async throws {
        struct Rollback: Error {}
        let (stores, clock) = (try Stores(), TestClock())
        let entry = Revocation(kind: .token, id: "t", expiresAt: NumericDate(clock.now) + 900)
        await #expect(throws: Rollback.self) {
            try await stores.database.write { connection in
                try stores.revocations.append(entry, at: clock.now, in: connection)
                throw Rollback()
            }
        }
        try await stores.database.write { try stores.revocations.append(entry, at: clock.now, in: $0) }
        let page = try await stores.revocations.page(after: 0, at: clock.now)
        #expect(page.seq == 2 && page.entries == [entry])
    }
}

import Foundation
import JWT
import TestSupport
import Testing

@testable import JWTAuth
@testable import ServiceRuntime

@Suite struct RevocationStateTests {
    private let fixture = AuthenticatorFixture()
    private var clock: TestClock { fixture.clock }

    private func state(maximumAge: String = "off", maximumEntries: Int = 10) throws -> RevocationState {
        let settings = try fixture.read(["REVOCATIONS_MAX_AGE": maximumAge]) { RevocationSettings(folder: nil, &$0) }
        return RevocationState(settings, list: RevocationList(maximumEntries: maximumEntries), clock: clock.clock)
    }

    private func isStale(_ state: RevocationState) -> Bool { state.isStale(at: fixture.now) }

    private func page(seq: Int64 = 1, _ ids: String...) -> RevocationPage {
        RevocationPage(
            seq: seq, epoch: "first", isReset: true,
            entries: ids.map { Revocation(kind: .session, id: $0, expiresAt: fixture.now + 600) })
    }

    @Test func `a new state is not stale without a maximum age`() async throws {
        let state = try state()
        #expect(!isStale(state))
        #expect(state.position == nil)
        #expect(state.snapshot == nil)
        #expect(await state.readiness.state() == .degraded("login has not responded yet"))
    }

    @Test func `a new state is stale with a maximum age`() throws {
        #expect(isStale(try state(maximumAge: "2")))
    }

    @Test func `a state becomes stale after the maximum age and recovers with a page`() throws {
        let state = try state(maximumAge: "2")
        #expect(state.add(page()))
        clock.advance(seconds: 2)
        #expect(!isStale(state))
        clock.advance(seconds: 0.001)
        #expect(isStale(state))
        #expect(state.add(page()))
        #expect(!isStale(state))
    }

    @Test func `a state is degraded when login has not responded for more than a minute`() async throws {
        let state = try state()
        #expect(state.add(page()))
        clock.advance(seconds: 60)
        #expect(await state.readiness.state() == .ready)
        clock.advance(seconds: 1)
        #expect(await state.readiness.state() == .degraded("login has not responded for 61 s"))
    }

    @Test func `the age counts from the start until login responds`() throws {
        let state = try state()
        clock.advance(seconds: 7)
        #expect(state.ageSeconds == 7)
        #expect(state.add(page()))
        #expect(state.ageSeconds == 0)
        clock.advance(seconds: 3)
        #expect(state.ageSeconds == 3)
    }

    @Test func `a page that does not fit makes the state stale and leaves the position`() async throws {
        let state = try state(maximumEntries: 2)
        #expect(state.add(page(seq: 5, "a", "b")))
        clock.advance(seconds: 1)
        #expect(!state.add(page(seq: 6, "c")))
        #expect(isStale(state))
        #expect(state.position?.seq == 5)
        #expect(state.ageSeconds == 1)
        guard case .degraded(let reason) = await state.readiness.state() else {
            Issue.record("The state is not degraded.")
            return
        }
        #expect(reason.contains("more tokens are revoked than the list can hold"))
        #expect(state.add(page(seq: 7)))
        #expect(!isStale(state))
    }

    @Test(arguments: [Int64(600), TokenType.maximumAccessLifetimeSeconds + 86_400, Int64.max / 2])
    func `a revocation is kept until the token has expired for every clock, at most as long as any access token needs`(
        lifetime: Int64
    ) throws {
        let state = try state()
        let revocation = Revocation(kind: .session, id: "a", expiresAt: fixture.now + lifetime)
        #expect(state.add(RevocationPage(seq: 1, epoch: "first", isReset: true, entries: [revocation])))
        let left = try #require(state.snapshot).entries.map(\.left)
        #expect(left == [.seconds(min(lifetime, TokenType.maximumAccessLifetimeSeconds + 86_400))])
    }

    @Test func `a restored state equals the saved one`() throws {
        let saved = try state()
        #expect(saved.add(page(seq: 5, "a", "b")))
        let snapshot = try #require(saved.snapshot)
        clock.advance(seconds: 10)
        let restored = try state()
        restored.restore(snapshot)
        #expect(restored.position == RevocationPage.Position(seq: 5, epoch: "first"))
        #expect(restored.count == 2)
        #expect(restored.ageSeconds == 10)
    }

    @Test func `a restored state has no expired revocations`() throws {
        let saved = try state()
        #expect(saved.add(page("a")))
        clock.advance(seconds: 660)
        #expect(try #require(saved.snapshot).entries.map(\.left) == [.zero])
        let restored = try state()
        restored.restore(try #require(saved.snapshot))
        #expect(restored.count == 0)
    }

    @Test func `a contact of another run of the machine does not count`() throws {
        let saved = try state()
        #expect(saved.add(page("a")))
        var snapshot = try #require(saved.snapshot)
        snapshot.lastContact.bootID = "another"
        let restored = try state(maximumAge: "2")
        restored.restore(snapshot)
        #expect(isStale(restored))
        #expect(restored.count == 1)
        #expect(restored.add(page()))
        #expect(!isStale(restored))
    }

    @Test func `a contact that lies in the future does not count`() throws {
        let saved = try state()
        #expect(saved.add(page()))
        var snapshot = try #require(saved.snapshot)
        snapshot.lastContact.uptime += .seconds(1000)
        let restored = try state(maximumAge: "2")
        restored.restore(snapshot)
        #expect(isStale(restored))
    }

    @Test func `the age of the state does not follow a clock that is set back or ahead`() async throws {
        let state = try state(maximumAge: "5")
        #expect(state.add(page()))
        clock.advance(seconds: 6)
        clock.step(seconds: -600)
        #expect(isStale(state))
        #expect(state.ageSeconds == 6)
        #expect(state.add(page()))
        clock.step(seconds: 6000)
        #expect(!isStale(state))
        #expect(await state.readiness.state() == .ready)
        let snapshot = try #require(state.snapshot)
        clock.advance(seconds: 3)
        clock.step(seconds: -6000)
        let restored = try self.state(maximumAge: "5")
        restored.restore(snapshot)
        #expect(restored.ageSeconds == 3)
    }

    @Test func `a revocation stays in force after the clock was an hour ahead, even across a restart`() throws {
        let state = try state()
        #expect(state.add(page("a")))
        clock.step(seconds: 3600)
        clock.advance(seconds: 24)
        state.removeExpired()
        let restored = try self.state()
        restored.restore(try #require(state.snapshot))
        restored.removeExpired()
        clock.step(seconds: -3600)
        #expect(state.count == 1)
        #expect(restored.count == 1)
        #expect(!isStale(state))
        clock.advance(seconds: 660)
        restored.removeExpired()
        #expect(restored.count == 0)
    }

    @Test
    func `a clock that goes back behind forgotten revocations makes the state stale until the feed is read again`()
        async throws
    {
        let state = try state()
        let entry = Revocation(kind: .session, id: "a", expiresAt: fixture.now + 600)
        clock.step(seconds: 3600)
        // By the clocks of both login and the service, the revocation has expired.
        #expect(state.add(RevocationPage(seq: 1, epoch: "first", isReset: true, entries: [entry])))
        #expect(state.count == 0)
        #expect(!isStale(state))
        let restored = try self.state()
        restored.restore(try #require(state.snapshot))
        clock.step(seconds: -3600)
        for state in [state, restored] {
            #expect(isStale(state))
            #expect(
                await state.readiness.state()
                    == .degraded(
                        "the clock was set back, and the revocations must be read again; all tokens are rejected"))
            state.readAgain()
            #expect(state.position == nil)
            #expect(isStale(state))
            #expect(state.add(RevocationPage(seq: 1, epoch: "first", isReset: true, entries: [entry])))
            #expect(!isStale(state))
            #expect(state.count == 1)
        }
    }

    @Test func `a full page does not count as contact, because more follows`() throws {
        let state = try state(maximumAge: "60", maximumEntries: 20_000)
        let entries = (0..<RevocationPage.maximumEntries).map {
            Revocation(kind: .session, id: "\($0)", expiresAt: fixture.now + 600)
        }
        #expect(state.add(RevocationPage(seq: 10_000, epoch: "first", isReset: true, entries: entries)))
        #expect(isStale(state))
        #expect(state.snapshot == nil)
        #expect(state.position?.seq == 10_000)
        #expect(state.add(RevocationPage(seq: 10_001, epoch: "first", isReset: false, entries: [])))
        #expect(!isStale(state))
    }

    @Test func `a snapshot that does not fit makes the state stale and the feed start from its beginning`() throws {
        let saved = try state()
        #expect(saved.add(page("a", "b", "c")))
        let restored = try state(maximumEntries: 2)
        restored.restore(try #require(saved.snapshot))
        #expect(isStale(restored))
        #expect(restored.position == nil)
    }

    @Test(arguments: [
        ("1", nil), ("2", 2), ("604800", 604_800), ("604801", nil), ("soon", nil), ("off", nil),
    ])
    func `a maximum age is from two seconds to a week`(text: String, seconds: Int?) throws {
        let environment = ["REVOCATIONS_MAX_AGE": text]
        guard seconds != nil || text == "off" else {
            #expect(throws: (any Error).self) {
                try fixture.read(environment) { RevocationSettings(folder: nil, &$0) }
            }
            return
        }
        let settings = try fixture.read(environment) { RevocationSettings(folder: nil, &$0) }
        #expect(settings.maximumAgeSeconds == seconds)
    }

    @Test func `the list is saved in the folder of the database, unless another one is set`() throws {
        for (variable, folder) in [("", "data"), ("/var/lib/orders", "/var/lib/orders")] {
            let settings = try fixture.read(["REVOCATIONS_FOLDER": variable]) {
                RevocationSettings(folder: "data", &$0)
            }
            #expect(settings.folder == folder)
        }
    }
}

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

    private func page(seq: Int64 = 1, _ ids: String...) -> RevocationPage {
        RevocationPage(
            seq: seq, epoch: "first", isReset: true,
            entries: ids.map { Revocation(kind: .session, id: $0, expiresAt: fixture.now + 600) })
    }

    @Test func `a new state is not stale without a maximum age`() async throws {
        let state = try state()
        #expect(!state.isStale)
        #expect(state.position == nil)
        #expect(state.snapshot == nil)
        #expect(await state.readiness.state() == .degraded("login has not answered yet"))
    }

    @Test func `a new state is stale with a maximum age`() throws {
        #expect(try state(maximumAge: "2").isStale)
    }

    @Test func `a state becomes stale after the maximum age and recovers with a page`() throws {
        let state = try state(maximumAge: "2")
        #expect(state.add(page()))
        clock.advance(seconds: 2)
        #expect(!state.isStale)
        clock.advance(seconds: 0.001)
        #expect(state.isStale)
        #expect(state.add(page()))
        #expect(!state.isStale)
    }

    @Test func `a state is degraded when login has not answered for more than a minute`() async throws {
        let state = try state()
        #expect(state.add(page()))
        clock.advance(seconds: 60)
        #expect(await state.readiness.state() == .ready)
        clock.advance(seconds: 1)
        #expect(await state.readiness.state() == .degraded("login has not answered for 61 s"))
    }

    @Test func `the age counts from the start until login answers`() throws {
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
        #expect(state.isStale)
        #expect(state.position?.seq == 5)
        #expect(state.ageSeconds == 1)
        guard case .degraded(let reason) = await state.readiness.state() else {
            Issue.record("The state is not degraded.")
            return
        }
        #expect(reason.contains("more tokens are revoked than the list can hold"))
        #expect(state.add(page(seq: 7)))
        #expect(!state.isStale)
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
        let snapshot = try #require(saved.snapshot)
        clock.advance(seconds: 600)
        let restored = try state()
        restored.restore(snapshot)
        #expect(restored.count == 0)
    }

    @Test func `a snapshot from the future does not make the state appear more recent`() throws {
        let restored = try state(maximumAge: "2")
        restored.restore(
            .init(position: .init(seq: 1, epoch: nil), lastContact: clock.now + 1000, entries: []))
        #expect(restored.ageSeconds == 0)
        clock.advance(seconds: 3)
        #expect(restored.isStale)
    }

    @Test func `a snapshot that does not fit makes the state stale and the feed start from its beginning`() throws {
        let saved = try state()
        #expect(saved.add(page("a", "b", "c")))
        let restored = try state(maximumEntries: 2)
        restored.restore(try #require(saved.snapshot))
        #expect(restored.isStale)
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
}

import Foundation
import TestSupport
import Testing

@testable import LoginService

@Suite struct LoginThrottleTests {
    private let throttle = LoginThrottle()
    private let clock = TestClock()

    private func attempt(
        _ name: String?, from address: String = "192.0.2.1", isKnown: Bool = false
    ) throws -> LoginThrottle.Attempt {
        .init(username: try name?.username, address: address, knownClient: isKnown ? address : nil)
    }

    /// Fails once. Returns 0 if the attempt was admitted, else the seconds to wait.
    private func fail(_ attempt: LoginThrottle.Attempt) -> Int {
        switch throttle.admit(attempt, at: clock.now) {
        case .admitted(let admission):
            throttle.end(admission, as: .failure, at: clock.now)
            return 0
        case .throttled(let seconds): return seconds
        }
    }

    /// Begins an attempt; nil if it has to wait.
    private func begin(_ attempt: LoginThrottle.Attempt) -> LoginThrottle.Admission? {
        guard case .admitted(let admission) = throttle.admit(attempt, at: clock.now) else { return nil }
        return admission
    }

    private func succeed(_ attempt: LoginThrottle.Attempt) throws {
        throttle.end(try #require(begin(attempt)), as: .success, at: clock.now)
    }

    private func isAdmitted(_ attempt: LoginThrottle.Attempt) -> Bool {
        guard let admission = begin(attempt) else { return false }
        throttle.end(admission, as: .none, at: clock.now)
        return true
    }

    @Test func `the wait after a failure doubles up to one minute`() throws {
        let alice = try attempt("alice")
        for _ in 1...5 { #expect(fail(alice) == 0) }
        var waits: [Int] = []
        for _ in 1...9 {
            #expect(fail(alice) == 0)
            let wait = fail(alice)
            waits.append(wait)
            clock.advance(seconds: Double(wait))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test func `an attempt during the wait does not prolong it`() throws {
        let alice = try attempt("alice")
        for _ in 1...12 { _ = fail(alice); clock.advance(seconds: 60) }
        _ = fail(alice)
        for left in stride(from: 60, to: 0, by: -10) {
            #expect(fail(alice) == left)
            clock.advance(seconds: 10)
        }
        #expect(isAdmitted(alice))
    }

    @Test func `failures from other addresses do not lock an owner out`() throws {
        for round in 0..<200 {
            _ = fail(try attempt("alice", from: "198.51.100.\(round % 50)"))
        }
        let owner = try attempt("alice")
        try succeed(owner)
        #expect(isAdmitted(owner))
    }

    @Test func `a name with failures from many addresses has no free failures`() throws {
        for address in 0..<LoginThrottle.failuresOfAttack {
            _ = fail(try attempt("alice", from: "198.51.100.\(address)"))
        }
        let stranger = try attempt("alice", from: "203.0.113.9")
        #expect(fail(stranger) == 0)
        #expect(fail(stranger) == 1)
        for _ in 1...2 { #expect(fail(try attempt("bob", from: "203.0.113.9")) == 0) }
    }

    @Test func `an owner's wait during an attack depends only on the owner's failures`() throws {
        let owner = try attempt("alice")
        for address in 0..<60 { _ = fail(try attempt("alice", from: "198.51.100.\(address)")) }
        #expect(fail(owner) == 0)
        #expect(fail(owner) == 1)
        for address in 0..<60 { _ = fail(try attempt("alice", from: "198.51.100.\(address)")) }
        clock.advance(seconds: 1)
        #expect(isAdmitted(owner))
    }

    @Test func `an address that tries many names has to wait, even if the names do not exist`() throws {
        for index in 0..<LoginThrottle.freeFailuresOfAddress {
            #expect(fail(try attempt(index % 2 == 0 ? "user\(index)" : nil)) == 0)
        }
        #expect(fail(try attempt("another")) == 0)
        #expect(fail(try attempt("yet-another")) == 1)
        #expect(fail(try attempt("another", from: "203.0.113.9")) == 0)
    }

    @Test func `a known client keeps its free failures during an attack`() throws {
        for address in 0..<60 { _ = fail(try attempt("alice", from: "198.51.100.\(address)")) }
        let owner = try attempt("alice", isKnown: true)
        for _ in 1...LoginThrottle.freeFailuresOfPair { #expect(fail(owner) == 0) }
        #expect(isAdmitted(owner))
    }

    @Test func `a name and address that signed in together before do not wait for other failures of the address`()
        throws
    {
        let (alice, stranger) = (try attempt("alice", isKnown: true), try attempt("stranger"))
        try succeed(alice)
        for index in 0..<40 { _ = fail(try attempt("user\(index)")) }
        #expect(isAdmitted(alice))
        #expect(!isAdmitted(stranger))
    }

    @Test func `a success does not clear the failures of its address at other names`() throws {
        let mallory = try attempt("mallory", isKnown: true)
        try succeed(mallory)
        for index in 0..<21 {
            #expect(fail(try attempt("user\(index)")) == 0)
            try succeed(mallory)
        }
        #expect(fail(try attempt("user99")) == 1)
    }

    @Test func `the number of concurrent attempts is limited to the free failures`() throws {
        let alice = try attempt("alice")
        #expect((1...50).compactMap { _ in begin(alice) }.count == LoginThrottle.freeFailuresOfPair)
        #expect(fail(alice) == 1)
    }

    @Test func `a name without free failures admits one attempt at a time`() throws {
        let alice = try attempt("alice")
        for _ in 1...6 { _ = fail(alice) }
        clock.advance(seconds: 1)
        let admissions = (1...50).compactMap { _ in begin(alice) }
        #expect(admissions.count == 1)
        clock.advance(seconds: 1)
        #expect(fail(alice) == 1)
        throttle.end(try #require(admissions.first), as: .failure, at: clock.now)
        #expect(fail(alice) == 2)
    }

    @Test func `concurrent attempts of an address are limited, and known names do not count`() throws {
        let known = try (0..<30).map { try attempt("known\($0)", isKnown: true) }
        for pair in known { try succeed(pair) }
        #expect(known.compactMap(begin).count == known.count)
        let strangers = try (0..<30).map { try attempt("user\($0)") }
        #expect(strangers.compactMap(begin).count == LoginThrottle.freeFailuresOfAddress)
    }

    @Test(arguments: [LoginThrottle.Outcome.success, .none])
    func `an attempt that did not fail no longer counts`(outcome: LoginThrottle.Outcome) throws {
        let attempts = try (1...5).flatMap { try [attempt("alice", from: "198.51.100.\($0)"), attempt("user\($0)")] }
        for _ in 1...100 {
            let admissions = attempts.compactMap(begin)
            #expect(admissions.count == attempts.count)
            for admission in admissions { throttle.end(admission, as: outcome, at: clock.now) }
        }
    }

    @Test func `concurrent sign-ins of an owner are admitted during an attack`() throws {
        let owner = try attempt("alice")
        for address in 0..<15 { _ = begin(try attempt("alice", from: "198.51.100.\(address)")) }
        for _ in 1...10 {
            let admissions = (1...4).compactMap { _ in begin(owner) }
            #expect(admissions.count == 4)
            for admission in admissions { throttle.end(admission, as: .success, at: clock.now) }
        }
    }

    @Test func `ending an attempt repeatedly admits only one other`() throws {
        let alice = try attempt("alice")
        let admission = try #require(begin(alice))
        for _ in 1...3 { throttle.end(admission, as: .none, at: clock.now) }
        #expect((1...50).compactMap { _ in begin(alice) }.count == LoginThrottle.freeFailuresOfPair)
    }

    @Test func `a success restores the free failures`() throws {
        let alice = try attempt("alice")
        for _ in 1...6 { _ = fail(alice) }
        clock.advance(seconds: 1)
        try succeed(alice)
        for _ in 1...5 { #expect(fail(alice) == 0) }
    }

    @Test func `failures are forgotten after a quarter of an hour`() throws {
        let alice = try attempt("alice")
        for _ in 1...6 { _ = fail(alice) }
        clock.advance(seconds: LoginThrottle.memorySeconds)
        for _ in 1...6 { #expect(fail(alice) == 0) }
        #expect(fail(alice) == 1)
    }

    @Test func `a clock that is set back locks nobody out`() throws {
        let alice = try attempt("alice")
        for _ in 1...6 { _ = fail(alice) }
        #expect(!isAdmitted(alice))
        clock.step(seconds: -86_400)
        #expect(fail(alice) == 0)
        #expect(fail(alice) == 2)
    }

    @Test func `the failure store is bounded and keeps the latest records`() throws {
        var store = FailureStore<Int>(maximumRecords: 100)
        for key in 0..<1000 {
            clock.advance(seconds: 0.1)
            store[key, at: clock.now].fail(free: 5, at: clock.now)
            #expect(store.count <= 100)
        }
        #expect(store[999, at: clock.now].failures == 1)
        #expect(store[0, at: clock.now].failures == 0)
    }

    @Test func `the failure store keeps a record with an attempt in progress`() throws {
        var store = FailureStore<Int>(maximumRecords: 100)
        store[-1, at: clock.now].begin()
        for key in 0..<1000 { store[key, at: clock.now].fail(free: 5, at: clock.now) }
        clock.advance(seconds: LoginThrottle.memorySeconds)
        #expect(store[-1, at: clock.now].attemptsInFlight == 1)
    }
}

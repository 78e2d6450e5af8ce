import Foundation
import TestSupport
import Testing

@testable import LoginService

@Suite struct LoginThrottleTests {
    private let throttle = LoginThrottle()
    private let clock = TestClock()

    private func attempt(_ name: String?, from address: String = "192.0.2.1") throws -> LoginThrottle.Attempt {
        .init(username: try name?.username, address: address)
    }

    /// Fails once, and tells for how many seconds it was put off before; 0 when it was let in.
    private func fail(_ attempt: LoginThrottle.Attempt) -> Int {
        do throws(LoginThrottle.Throttled) {
            try throttle.admit(attempt, at: clock.now)
            throttle.failed(attempt, at: clock.now)
            return 0
        } catch {
            return error.retryAfterSeconds
        }
    }

    private func isAdmitted(_ attempt: LoginThrottle.Attempt) -> Bool {
        (try? throttle.admit(attempt, at: clock.now)) != nil
    }

    @Test func `the wait doubles with each failure, up to a minute`() throws {
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

    @Test func `an attempt that comes too early does not prolong the wait`() throws {
        let alice = try attempt("alice")
        for _ in 1...12 { _ = fail(alice); clock.advance(seconds: 60) }
        _ = fail(alice)
        for left in stride(from: 60, to: 0, by: -10) {
            #expect(fail(alice) == left)
            clock.advance(seconds: 10)
        }
        #expect(isAdmitted(alice))
    }

    @Test func `whoever fails at a name from elsewhere does not keep its owner out`() throws {
        for round in 0..<200 {
            _ = fail(try attempt("alice", from: "198.51.100.\(round % 50)"))
        }
        let owner = try attempt("alice")
        #expect(isAdmitted(owner))
        throttle.succeeded(owner, at: clock.now)
        #expect(isAdmitted(owner))
    }

    @Test func `a name that many fail at has no free failures`() throws {
        for address in 0..<LoginThrottle.failuresOfAttack {
            _ = fail(try attempt("alice", from: "198.51.100.\(address)"))
        }
        let stranger = try attempt("alice", from: "203.0.113.9")
        #expect(fail(stranger) == 0)
        #expect(fail(stranger) == 1)
        for _ in 1...2 { #expect(fail(try attempt("bob", from: "203.0.113.9")) == 0) }
    }

    @Test func `the owner who errs during an attack waits for the own errors only`() throws {
        let owner = try attempt("alice")
        for address in 0..<60 { _ = fail(try attempt("alice", from: "198.51.100.\(address)")) }
        #expect(fail(owner) == 0)
        #expect(fail(owner) == 1)
        for address in 0..<60 { _ = fail(try attempt("alice", from: "198.51.100.\(address)")) }
        clock.advance(seconds: 1)
        #expect(isAdmitted(owner))
    }

    @Test func `one address that tries many names waits, names of no account included`() throws {
        for index in 0..<LoginThrottle.freeFailuresOfAddress {
            #expect(fail(try attempt(index % 2 == 0 ? "user\(index)" : nil)) == 0)
        }
        #expect(fail(try attempt("another")) == 0)
        #expect(fail(try attempt("yet-another")) == 1)
        #expect(fail(try attempt("another", from: "203.0.113.9")) == 0)
    }

    @Test func `a pair that has signed in before does not suffer from its neighbours`() throws {
        let (alice, stranger) = (try attempt("alice"), try attempt("stranger"))
        #expect(isAdmitted(alice))
        throttle.succeeded(alice, at: clock.now)
        for index in 0..<40 { _ = fail(try attempt("user\(index)")) }
        #expect(isAdmitted(alice))
        #expect(!isAdmitted(stranger))
    }

    @Test func `a success does not pay for an address's failures at other names`() throws {
        let mallory = try attempt("mallory")
        for index in 0..<21 {
            #expect(fail(try attempt("user\(index)")) == 0)
            throttle.succeeded(mallory, at: clock.now)
        }
        #expect(fail(try attempt("user99")) == 1)
    }

    @Test func `many attempts at once are no faster than one after the other`() throws {
        let alice = try attempt("alice")
        for _ in 1...5 { _ = fail(alice) }
        #expect((1...50).filter { _ in isAdmitted(alice) }.count == 1)
    }

    @Test func `a success begins anew`() throws {
        let alice = try attempt("alice")
        for _ in 1...6 { _ = fail(alice) }
        clock.advance(seconds: 1)
        #expect(isAdmitted(alice))
        throttle.succeeded(alice, at: clock.now)
        for _ in 1...5 { #expect(fail(alice) == 0) }
    }

    @Test func `failures are forgotten after a quarter of an hour`() throws {
        let alice = try attempt("alice")
        for _ in 1...6 { _ = fail(alice) }
        clock.advance(seconds: LoginThrottle.memorySeconds)
        for _ in 1...6 { #expect(fail(alice) == 0) }
        #expect(fail(alice) == 1)
    }

    @Test func `a clock that is set back keeps nobody out`() throws {
        let alice = try attempt("alice")
        for _ in 1...6 { _ = fail(alice) }
        #expect(!isAdmitted(alice))
        clock.advance(seconds: -86_400)
        #expect(fail(alice) == 0)
        #expect(fail(alice) == 2)
    }

    @Test func `the memory is bounded, and keeps what happened last`() throws {
        var ledger = FailureLedger<Int>(maxRecords: 100)
        for key in 0..<1000 {
            clock.advance(seconds: 0.1)
            ledger[key, at: clock.now].fail(free: 5, at: clock.now)
            #expect(ledger.count <= 100)
        }
        #expect(ledger[999, at: clock.now].failures == 1)
        #expect(ledger[0, at: clock.now].failures == 0)
    }
}

@Suite struct NetworkAddressTests {
    @Test(arguments: [
        (nil, "unknown"), ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8::7", "2001:db8:0:0::/64"), ("::1", "0:0:0:0::/64"),
        ("fe80::1%eth0", "fe80:0:0:0::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"), ("::", "0:0:0:0::/64"),
    ])
    func `failures are counted for the network of a customer`(address: String?, network: String) {
        #expect(NetworkAddress.network(of: address) == network)
    }
}

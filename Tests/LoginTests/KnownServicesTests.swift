import TestSupport
import Testing

@testable import LoginService

@Suite struct KnownServicesTests {
    @Test func `the default audiences are the services that start without an option`() {
        #expect(KnownServices.audiences == ServiceName.standard.map(\.rawValue))
    }

    @Test func `the default addresses are those of all services on one machine`() {
        let addresses = ServiceName.allCases.map { "\($0)=http://localhost:\($0.standardPort ?? 0)" }
        #expect(KnownServices.addresses == addresses)
    }
}

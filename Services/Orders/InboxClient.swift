import CurlClient
import Foundation
import HTTPTypes
import JWTAuth
import ServiceRuntime

/// The service `inbox`, as far as orders needs it: leaves messages for customers.
struct InboxClient: Sendable {
    private let service: ServiceClient

    init(_ service: ServiceClient) {
        self.service = service
    }

    /// Leaves a message; repetition changes nothing.
    func deliver(_ id: UUID, to account: String, subject: String, body: String) async throws {
        let json = Array(try JSONEncoder().encode(["subject": subject, "body": body]))
        let response = try await service.send(
            .put, "/accounts/\(account)/messages/\(id.lowercase)", scope: "inbox:write", json: json)
        guard [.created, .ok].contains(response.status) else {
            throw UnexpectedResponse(status: response.status.code)
        }
    }
}

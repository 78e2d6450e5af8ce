import CurlClient
import Foundation
import HTTPTypes
import JWTAuth
import ServiceRuntime

/// A client of the service `inbox`, which delivers messages to customers.
struct InboxClient: Sendable {
    private let service: ServiceClient
    private static let scope = "inbox:write"

    init(_ service: ServiceClient) {
        self.service = service
    }

    /// Delivers a message to an account. A repeated call changes nothing.
    func deliver(_ message: Message, to account: String) async throws {
        let body = try JSONBodyEncoder.bytes(of: MessageRequest(subject: message.subject, body: message.body))
        let response = try await service.send(
            .put, "/accounts/\(account)/messages/\(message.id.lowercase)", scope: Self.scope, json: body)
        guard [.created, .ok].contains(response.status) else {
            throw UnexpectedResponse(status: response.status.code)
        }
    }

    private struct MessageRequest: Encodable {
        let subject, body: String
    }
}

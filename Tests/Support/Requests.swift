import Foundation
public import HTTPTypes
public import HummingbirdTesting
import NIOCore

/// An answer as the tests look at it.
public struct ReceivedResponse: Sendable {
    /// The HTTP status code.
    public let status: Int
    /// The header fields.
    public let headers: HTTPFields
    /// The body as text.
    public let text: String

    /// A body in JSON as nested dictionaries, arrays, numbers and strings; an empty object when it is none.
    public var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:]
    }

    /// The member `code` of a problem.
    public var code: String? { json["code"] as? String }
}

extension TestClientProtocol {
    /// Sends a request, with a bearer token and a JSON body when they are given.
    public func send(
        _ method: HTTPRequest.Method, _ uri: String, token: String? = nil, headers: HTTPFields = [:],
        json body: String? = nil
    ) async throws -> ReceivedResponse {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil { headers[.contentType] = headers[.contentType] ?? "application/json" }
        let response = try await execute(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return ReceivedResponse(
            status: response.status.code, headers: response.headers, text: String(buffer: response.body))
    }
}

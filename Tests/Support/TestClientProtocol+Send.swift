public import HTTPTypes
public import HummingbirdTesting
import NIOCore

extension TestClientProtocol {
    /// Sends a request, with a bearer token and a JSON body when they are given.
    ///
    /// - Parameter body: The text of the body; it is JSON unless `headers` name another content type.
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

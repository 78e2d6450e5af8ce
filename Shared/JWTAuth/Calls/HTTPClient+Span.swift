public import CurlClient
import HTTPTypes
import Tracing

extension HTTPClient {
    /// Sends a request in a span and returns the response, whatever its status.
    ///
    /// The span has the name of the server and no URL, because paths name accounts and orders, and queries contain secrets.
    /// A status from 400 up is an error of the client (OpenTelemetry's conventions for HTTP clients).
    ///
    /// - Throws: `HTTPClientError` when there is no complete response.
    public func executeInSpan(_ request: Request, to server: String) async throws(HTTPClientError) -> Response {
        let method = request.method.rawValue
        return try await withSpan(method, ofKind: .client) { span -> Result<Response, HTTPClientError> in
            if span.isRecording {
                span.attributes = ["http.request.method": .string(method), "service.peer.name": .string(server)]
            }
            do throws(HTTPClientError) {
                let response = try await execute(request)
                span.attributes["http.response.status_code"] = response.status.code
                if response.status.code >= 400 {
                    span.attributes["error.type"] = String(response.status.code)
                    span.setStatus(.init(code: .error))
                }
                return .success(response)
            } catch {
                span.attributes["error.type"] = error.code.description
                span.setStatus(.init(code: .error))
                return .failure(error)
            }
        }.get()
    }
}

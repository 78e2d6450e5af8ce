import CurlClient
import HTTPTypes
import Testing

/// Answers of a server.
enum Answer {
    static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    static let hello = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
}

extension HTTPFields {
    /// The value of the first field of a lower-case name.
    func value(_ name: String) -> String? { first { $0.name.canonicalName == name }?.value }
}

extension HTTPClient {
    /// A client with the defaults changed.
    static func with(_ change: (inout Configuration) -> Void) -> HTTPClient {
        var configuration = Configuration()
        change(&configuration)
        return HTTPClient(configuration: configuration)
    }

    /// The error of a request that is expected to fail.
    func failure(
        _ request: Request, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> HTTPClientError {
        try await #require(throws: HTTPClientError.self, sourceLocation: sourceLocation) {
            try await self.execute(request)
        }
    }
}

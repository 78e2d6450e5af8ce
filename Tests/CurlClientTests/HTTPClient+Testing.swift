import CurlClient
import Testing

extension HTTPClient {
    /// A client whose configuration is the default with `change` applied.
    static func with(_ change: (inout Configuration) -> Void) -> HTTPClient {
        var configuration = Configuration()
        change(&configuration)
        return HTTPClient(configuration: configuration)
    }

    /// The error of a request that must fail.
    func failure(
        _ request: Request, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> HTTPClientError {
        try await #require(throws: HTTPClientError.self, sourceLocation: sourceLocation) {
            try await self.execute(request)
        }
    }
}

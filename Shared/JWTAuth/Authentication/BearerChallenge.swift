public import ServiceRuntime

/// The value of `WWW-Authenticate` in the responses of a service that reject a bearer token (RFC 6750 §3).
public struct BearerChallenge: Sendable {
    private let realm: String
    /// The address of the metadata of the service (RFC 9728 §5.1); nil when it has none.
    private let metadataURL: String?

    /// The challenge of a service that publishes its metadata.
    public init(of service: ServiceSettings) {
        realm = service.name
        metadataURL = ProtectedResourceMetadata.url(of: service)
    }

    init(realm: String) {
        self.realm = realm
        metadataURL = nil
    }

    /// The text of the field, for a request without a token or with a rejected one.
    ///
    /// - Parameters:
    ///   - error: The error code; nil for a request without a token.
    ///   - parameters: Further parameters of the error. The values must be ASCII without quotation marks.
    public func text(error: String? = nil, _ parameters: KeyValuePairs<String, String> = [:]) -> String {
        let error = error.map { [("error", $0)] } ?? []
        let metadata = metadataURL.map { [("resource_metadata", $0)] } ?? []
        let all = [("realm", realm)] + error + parameters.map { ($0.key, $0.value) } + metadata
        return "Bearer " + all.map { "\($0)=\"\($1)\"" }.joined(separator: ", ")
    }
}

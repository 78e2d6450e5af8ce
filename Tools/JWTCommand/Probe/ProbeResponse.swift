import CurlClient
import HTTPTypes

/// What a probe keeps of a response. Its status is known even if its body never ends.
struct ProbeResponse {
    let status: Int
    /// Whether it has a challenge (RFC 9110 §11.6.1).
    let hasChallenge: Bool
    /// The pause that the service asks for, after too many requests or while it is overloaded (RFC 9110 §10.2.3);
    /// nil if it asks for none.
    let retryAfter: Duration?
    /// How often the service has responded with this status, one time after the other, until the probe gave up.
    var count = 1
    /// The body, or its first bytes.
    private let body: [UInt8]
    /// Whether the rest of the body did not arrive in time, or got lost.
    private let isIncomplete: Bool

    private static let maximumBytes = 1 << 20

    init(_ response: HTTPClient.StreamedResponse) async {
        status = response.status.code
        hasChallenge = response.headers[.wwwAuthenticate] != nil
        retryAfter = [429, 503].contains(status) ? response.retryAfter : nil
        var bytes: [UInt8] = []
        var error: HTTPClientError?
        do throws(HTTPClientError) {
            while bytes.count < Self.maximumBytes, let part = try await response.body.next() { bytes += part }
        } catch let failure {
            error = failure
        }
        body = Array(bytes.prefix(Self.maximumBytes))
        isIncomplete = error != nil
    }

    var isSuccess: Bool { 200..<300 ~= status }

    /// Whether both have the same body, as far as the probe reads it.
    func hasBody(of other: ProbeResponse) -> Bool { !isIncomplete && !other.isIncomplete && body == other.body }
}

import CurlClient
import HTTPTypes

/// What a probe keeps of a response.
struct ProbeResponse {
    let status: Int
    let body: [UInt8]
    /// Whether it has a challenge (RFC 9110 §11.6.1).
    let hasChallenge: Bool
    /// The pause that the service asks for in seconds, after too many requests or while it is overloaded (RFC 9110 §10.2.3);
    /// nil if it asks for none.
    let retryAfter: Duration?

    init(_ response: HTTPClient.Response) {
        status = response.status.code
        body = response.body
        let seconds = [429, 503].contains(status) ? response.headers[.retryAfter].flatMap(UInt32.init) : nil
        retryAfter = seconds.map { .seconds(Int64($0)) }
        hasChallenge = response.headers[.wwwAuthenticate] != nil
    }

    var isSuccess: Bool { 200..<300 ~= status }
}

import CurlClient
import HTTPTypes

/// What a probe keeps of a response.
struct ProbeResponse {
    let status: Int
    let body: [UInt8]
    /// Whether it has a challenge (RFC 9110 §11.6.1).
    let hasChallenge: Bool

    init(_ response: HTTPClient.Response) {
        status = response.status.code
        body = response.body
        hasChallenge = response.headers[.wwwAuthenticate] != nil
    }

    var isSuccess: Bool { 200..<300 ~= status }
}

import CCurl
import Glibc
import HTTPTypes

extension HTTPClient.Response {
    /// The time from now until the client may repeat its request (`Retry-After`); nil without a valid one.
    public var retryAfter: Duration? { headers[.retryAfter].flatMap(RetryAfter.duration) }
}

extension HTTPClient.StreamedResponse {
    /// The time from now until the client may repeat its request (`Retry-After`); nil without a valid one.
    public var retryAfter: Duration? { headers[.retryAfter].flatMap(RetryAfter.duration) }
}

/// The header field `Retry-After` (RFC 9110 §10.2.3).
enum RetryAfter {
    /// The time from now until the client may repeat its request; nil when the value is invalid. It is zero for a past date.
    ///
    /// - Parameter value: A number of seconds, or a date in one of the three formats of RFC 9110 §5.6.7.
    static func duration(_ value: String) -> Duration? {
        if !value.isEmpty, value.utf8.allSatisfy(ASCIISet.digits.contains) {
            return Int32(value).map { .seconds(Int($0)) }
        }
        // Each format begins with the name of a day. libcurl also reads other texts as dates.
        guard ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(value.prefix(3)) else { return nil }
        let date = unsafe curl_getdate(value, nil)
        return date == -1 ? nil : .seconds(max(0, date - time(nil)))
    }
}

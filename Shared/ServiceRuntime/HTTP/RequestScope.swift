public import HTTPTypes
import Hummingbird

/// The identity of a request in the logs of every service that handles it or is called for it.
public struct RequestScope: Sendable {
    /// The value of `X-Request-Id`: the client's value if it is valid, otherwise a new one.
    public let requestID: String
    /// The client's `traceparent` (W3C Trace Context) if it is valid.
    public let traceparent: String?

    /// The time at which the caller stops waiting (`X-Request-Timeout`); nil if it does not say. Calls to other services end
    /// at this time, and the database is not waited for any longer, because the result would reach nobody.
    public let deadline: ContinuousClock.Instant?

    /// The scope of the request that the current task handles.
    @TaskLocal public static var current: RequestScope?

    /// The header fields that carry the identity to the services called for this request.
    public var onwardFields: HTTPFields {
        var fields: HTTPFields = [.requestID: requestID]
        fields[.traceparent] = traceparent
        return fields
    }

    /// Reads the identity of a request from its header fields and creates a request id if there is no valid one.
    init(of request: Request) {
        requestID = Self.requestID(request.headers[.requestID])
        traceparent = request.headers[.traceparent].flatMap(Self.validTraceparent)
        deadline = request.headers[.requestTimeout].flatMap(Self.validTimeout).map { .now + $0 }
    }

    /// The request id of a client if it is valid, otherwise a new one.
    static func requestID(_ text: String?) -> String {
        text.flatMap(validRequestID) ?? newRequestID()
    }

    private static let maximumRequestIDBytes = 64

    /// The text if it consists of 1 to 64 letters, digits, `-`, `_` and `.`.
    private static func validRequestID(_ text: String) -> String? {
        let isPlain = text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-_.".utf8.contains($0) }
        return isPlain && (1...maximumRequestIDBytes).contains(text.utf8.count) ? text : nil
    }

    private static let maximumTimeoutMilliseconds = 600_000

    /// The duration if the text is a number of milliseconds from 1 to 600,000, in at most six digits.
    private static func validTimeout(_ text: String) -> Duration? {
        guard text.utf8.count <= 6, text.utf8.allSatisfy(\.isASCIIDigit), let milliseconds = Int(text),
            (1...maximumTimeoutMilliseconds).contains(milliseconds)
        else { return nil }
        return .milliseconds(milliseconds)
    }

    private static func newRequestID() -> String {
        let bits = UInt64.random(in: .min ... .max)
        let hex = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }

    /// The text if it is `<version>-<32 hex>-<16 hex>-<2 hex>` in lower case. Neither id may be all zeros, and the
    /// version must not be `ff` (Trace Context §3.2).
    private static func validTraceparent(_ text: String) -> String? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.map(\.utf8.count) == [2, 32, 16, 2], parts[0] != "ff",
            parts.allSatisfy({ $0.utf8.allSatisfy(\.isLowercaseHexDigit) }),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        return text
    }
}

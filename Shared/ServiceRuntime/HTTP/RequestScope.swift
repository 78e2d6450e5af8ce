public import HTTPTypes
import Hummingbird

/// The identity of a request in the logs of every service that handles it or is called for it.
public struct RequestScope: Sendable {
    /// The value of `X-Request-Id`: the client's value if it is valid, otherwise a new one.
    public let requestID: String

    /// The time at which the caller stops waiting (`X-Request-Timeout`); nil if it does not say. Calls to other services end
    /// at this time, and the database is not waited for any longer, because the result would reach nobody.
    public let deadline: ContinuousClock.Instant?

    /// The scope of the request that the current task handles.
    @TaskLocal public static var current: RequestScope?

    /// The header fields that carry the request id and the trace of the current task to the service that it calls. Work that
    /// belongs to no request may belong to a trace: a delivery of the outbox has that of its order.
    public static var onwardFields: HTTPFields {
        var fields = HTTPFields()
        fields[.requestID] = current?.requestID
        fields.addCurrentTrace()
        return fields
    }

    /// Reads the identity of a request from its header fields and creates a request id if there is no valid one.
    init(of request: Request) {
        requestID = Self.requestID(request.headers[.requestID])
        deadline = Self.timeout(request.headers[.requestTimeout]).map { .now + $0 }
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

    /// How long the caller waits, by its field `X-Request-Timeout`; nil if it does not say.
    static func timeout(_ text: String?) -> Duration? {
        text.flatMap(validTimeout)
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
        let digits = (0..<16).map { UInt8.hexDigit(UInt8(truncatingIfNeeded: bits >> (4 * $0)) & 0xF) }
        return String(decoding: digits, as: UTF8.self)
    }
}

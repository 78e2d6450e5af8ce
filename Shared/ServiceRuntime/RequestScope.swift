public import HTTPTypes
import Hummingbird
import Logging

/// What identifies the request that the current task works on: in the logs of every service that it touches.
public struct RequestScope: Sendable {
    /// The value of `X-Request-Id`: the caller's when it is a plain short word, a new one otherwise.
    public let requestID: String
    /// The caller's `traceparent` (W3C Trace Context), when it sent a valid one.
    public let traceparent: String?

    /// The scope of the request that the current task works on.
    @TaskLocal public static var current: RequestScope?

    /// The header fields with which calls that this request causes carry its identity on.
    public var onwardFields: HTTPFields {
        var fields: HTTPFields = [.requestID: requestID]
        fields[.traceparent] = traceparent
        return fields
    }

    /// Reads the identity of a request from its header, and invents what is missing.
    init(of request: Request) {
        requestID = request.headers[.requestID].flatMap(Self.validRequestID) ?? Self.newRequestID()
        traceparent = request.headers[.traceparent].flatMap(Self.validTraceparent)
    }

    private static let maxRequestIDBytes = 64

    private static func validRequestID(_ text: String) -> String? {
        let isPlain = text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-_.".utf8.contains($0) }
        return isPlain && (1...maxRequestIDBytes).contains(text.utf8.count) ? text : nil
    }

    private static func newRequestID() -> String {
        let bits = UInt64.random(in: .min ... .max)
        let hex = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`, lower case, neither id all zeros (Trace Context §3.2).
    private static func validTraceparent(_ text: String) -> String? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.map(\.utf8.count) == [2, 32, 16, 2], parts[0] != "ff",
            parts.allSatisfy({ $0.utf8.allSatisfy(\.isLowercaseHexDigit) }),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        return text
    }
}

/// Gives every request its scope, its id in the answer, and a logger that names it.
struct RequestScopeMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let scope = RequestScope(of: request)
        var context = context
        // Hummingbird's own key, so that its lines, `context.id` and ours name a request alike.
        context.logger[metadataKey: "hb.request.id"] = "\(scope.requestID)"
        if let traceparent = scope.traceparent {
            context.logger[metadataKey: "traceparent"] = "\(traceparent)"
        }
        return try await RequestScope.$current.withValue(scope) {
            var response = try await next(request, context)
            response.headers[.requestID] = scope.requestID
            return response
        }
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization

/// A service with one route, which responds as a test says.
struct ProbedService: Sendable {
    /// A response: its status, body and whether it has a challenge.
    typealias Response = (status: Int, body: String, hasChallenge: Bool)
    /// Decides by the value of `Authorization`, nil when there is not exactly one, and by the value with the good token.
    typealias Decision = @Sendable (_ authorization: String?, _ good: String) -> Response

    static let accepted: Response = (200, "orders", false)
    static let rejected: Response = (401, "no", true)

    let token: String
    /// The status of responses to HEAD; nil for the one of GET.
    var headStatus: Int?
    /// The `Retry-After` of responses with 429; nil for none.
    var retryAfter: String?
    /// The requests that have arrived, with the field `Host`, one text for each.
    let requests = RequestLog()
    private let decide: Decision

    init(_ token: String, deciding decide: @escaping Decision) {
        self.token = token
        self.decide = decide
    }

    /// Probes the service.
    func probe(_ options: [String]) async throws -> Command.Result {
        try await run { url in try Command.run(["probe", url, "--rate", "1000"] + options, input: token) }
    }

    /// Runs `body` with the URL of the route, in a thread that may wait.
    func run<Result: Sendable>(_ body: @escaping @Sendable (_ url: String) throws -> Result) async throws -> Result {
        let router = Router()
        for method in [HTTPRequest.Method.get, .head, .post] {
            router.on("orders", method: method) { request, _ in try await response(to: request) }
        }
        return try await Application(router: router).test(.live) { client in
            let url = "http://localhost:\(client.port ?? 0)/orders"
            return try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Swift.Result { try body(url) }) }
            }
        }
    }

    private func response(to request: Request) async throws -> Hummingbird.Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let fields = request.headers.map { "\($0.name.canonicalName): \($0.value)" }.sorted()
        requests.add(
            ([request.method.rawValue, request.uri.string, request.head.authority ?? ""] + fields
                + [String(buffer: body)]).joined(separator: "\n"))
        let values = request.headers[values: .authorization]
        let response = decide(values.count == 1 ? values[0] : nil, "Bearer \(token)")
        var responseFields: HTTPFields = response.hasChallenge ? [.wwwAuthenticate: "Bearer"] : [:]
        if response.status == 429 { responseFields[.retryAfter] = retryAfter }
        return Hummingbird.Response(
            status: .init(code: request.method == .head ? headStatus ?? response.status : response.status),
            headers: responseFields, body: .init(byteBuffer: ByteBuffer(string: response.body)))
    }
}

/// The requests of a service, in their order.
final class RequestLog: Sendable {
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }

    func add(_ text: String) { texts.withLock { $0.append(text) } }
}

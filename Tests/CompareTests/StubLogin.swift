import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import NIOCore
import ServiceRuntime
import Synchronization

@testable import CompareService

/// A server that stands in for login. It knows one account, records each call, and responds as the test wants.
final class StubLogin: Sendable {
    /// A request that the stub received.
    struct Call: Sendable, Equatable {
        let path: String
        /// `iss` of the caller's token, which the stub does not verify.
        let issuer: String
        let scope: String
        /// The members of the body, by name.
        let body: [String: String]
    }

    /// A response of login.
    struct StubResponse: Sendable {
        var status: HTTPResponse.Status = .ok
        var headers: HTTPFields = [:]
        var json = "{}"
    }

    static let account = UUID().uuidString.lowercased()
    static let apiToken = "0123456789abcdef0123456789abcdef01234567"
    static let cookie = "cookie-of-alice"
    static let password = "naïve: pass"

    private struct State {
        var calls: [Call] = []
        var fixedResponse: StubResponse?
    }

    private let state = Mutex(State())

    /// The calls so far, in the order of their arrival.
    var calls: [Call] { state.withLock { $0.calls } }

    /// The response to all later requests; nil for those of the one account.
    var fixedResponse: StubResponse? {
        get { state.withLock { $0.fixedResponse } }
        set { state.withLock { $0.fixedResponse = newValue } }
    }

    /// Runs the server and calls `body` with its address.
    func run(_ body: @Sendable (_ url: String) async throws -> Void) async throws {
        let router = Router()
        router.post("passwords/verify") { request, _ in
            let call = try await self.record(request)
            let isRight = call.body["username"] == "alice" && call.body["password"] == Self.password
            return self.response(
                isRight
                    ? .init(json: #"{"account_id":"\#(Self.account)","username":"alice","scope":""}"#)
                    : .init(status: .forbidden, json: #"{"code":"wrong_credentials"}"#))
        }
        router.post("introspect") { request, _ in
            let call = try await self.record(request)
            let types = [Self.apiToken: "Token", Self.cookie: "Session"]
            let type = call.body["token"].flatMap { types[$0] }
            return self.response(
                type.map { .init(json: #"{"active":true,"token_type":"\#($0)","sub":"\#(Self.account)"}"#) }
                    ?? .init(json: #"{"active":false}"#))
        }
        let responder = router.buildResponder()
        let application = Application(
            responder: responder, server: .guardedHTTP1(responder),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)))
        try await application.test(.live) { client in try await body("http://127.0.0.1:\(client.port ?? 0)") }
    }

    private func record(_ request: Request) async throws -> Call {
        let token = try InspectedToken(inspecting: String((request.headers[.authorization] ?? "").dropFirst(7)))
        let bytes = Data(try await request.body.collect(upTo: 1 << 20).readableBytesView)
        let call = Call(
            path: request.uri.path, issuer: token.payload["iss"]?.string ?? "",
            scope: token.payload["scope"]?.string ?? "",
            body: try JSONDecoder().decode([String: String].self, from: bytes))
        state.withLock { $0.calls.append(call) }
        return call
    }

    private func response(_ standard: StubResponse) -> Response {
        let fixedResponse = fixedResponse ?? standard
        var headers = fixedResponse.headers
        headers[.contentType] = "application/json"
        return Response(
            status: fixedResponse.status, headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: fixedResponse.json)))
    }
}

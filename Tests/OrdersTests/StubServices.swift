import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import NIOCore
import ServiceRuntime
import Synchronization

@testable import OrdersService

/// A server that stands in for catalog and inbox. It records each call, and responds as the test wants.
final class StubServices: Sendable {
    /// A request that the stub received.
    struct Call: Sendable, Equatable {
        let method: HTTPRequest.Method
        let path: String
        /// `sub` of the caller's token, which the stub does not verify.
        let subject: String
        /// `act.sub` of the caller's token.
        let actor: String?
    }

    private struct State {
        var catalog: CatalogBehavior
        var reservations: Set<String> = []
        var calls: [Call] = []
        var observers: [AsyncStream<Call>.Continuation] = []
    }

    private let state: Mutex<State>
    private let releaseStatus: @Sendable (Int) async -> HTTPResponse.Status
    private let deliveryStatus: @Sendable (Int) async -> HTTPResponse.Status

    /// - Parameters:
    ///   - catalog: The response to a request for a reservation.
    ///   - release: The status of the response to the n-th release, counted from 1.
    ///   - delivery: The status of the response to the n-th message, counted from 1.
    init(
        _ catalog: CatalogBehavior = .reserves,
        release: @escaping @Sendable (_ number: Int) async -> HTTPResponse.Status = { _ in .noContent },
        delivery: @escaping @Sendable (_ number: Int) async -> HTTPResponse.Status = { _ in .created }
    ) {
        state = Mutex(State(catalog: catalog))
        releaseStatus = release
        deliveryStatus = delivery
    }

    /// The response to the next requests for a reservation.
    var catalog: CatalogBehavior {
        get { state.withLock { $0.catalog } }
        set { state.withLock { $0.catalog = newValue } }
    }

    /// The ids of the orders that have a reservation now.
    var reservations: Set<String> { state.withLock { $0.reservations } }

    /// Adds a reservation, as an earlier call would have.
    func addReservation(_ id: UUID) {
        state.withLock { _ = $0.reservations.insert(id.lowercase) }
    }

    /// The calls so far that have this method and a path with this prefix, in the order of their arrival.
    func calls(_ method: HTTPRequest.Method, _ prefix: String = "/") -> [Call] {
        state.withLock { state in state.calls.filter { $0.method == method && $0.path.hasPrefix(prefix) } }
    }

    /// Waits until `count` calls with this method and path prefix have arrived, earlier calls included, and returns them.
    func waitForCalls(_ method: HTTPRequest.Method, _ prefix: String = "/", count: Int = 1) async -> [Call] {
        let (stream, continuation) = AsyncStream.makeStream(of: Call.self)
        state.withLock { state in
            state.calls.forEach { continuation.yield($0) }
            state.observers.append(continuation)
        }
        var found: [Call] = []
        for await call in stream where call.method == method && call.path.hasPrefix(prefix) {
            found.append(call)
            if found.count == count { break }
        }
        return found
    }

    /// Runs the server and calls `body` with its address.
    func run(_ body: @Sendable (_ url: String) async throws -> Void) async throws {
        try await application().test(.live) { client in
            try await body("http://127.0.0.1:\(client.port ?? 0)")
        }
    }

    private func application() -> some ApplicationProtocol {
        let router = Router()
        router.put("reservations/{id}") { request, context in
            try self.record(request)
            return try await self.reserve(request, context.parameters.require("id"))
        }
        router.delete("reservations/{id}") { request, context in
            let id = try context.parameters.require("id")
            let status = await self.releaseStatus(self.calls(.delete).count + 1)
            if status == .noContent { self.state.withLock { _ = $0.reservations.remove(id) } }
            try self.record(request)
            return status
        }
        router.put("accounts/{account}/messages/{id}") { request, _ in
            try self.record(request)
            return await self.deliveryStatus(self.calls(.put, "/accounts/").count)
        }
        let responder = router.buildResponder()
        return Application(
            responder: responder, server: .guardedHTTP1(responder),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)))
    }

    private func record(_ request: Request) throws {
        let token = try InspectedToken(inspecting: String((request.headers[.authorization] ?? "").dropFirst(7)))
        let call = Call(
            method: request.method, path: request.uri.path, subject: token.payload["sub"]?.string ?? "",
            actor: token.payload["act"]?["sub"]?.string)
        state.withLock { state in
            state.calls.append(call)
            state.observers.forEach { $0.yield(call) }
        }
    }

    private func reserve(_ request: Request, _ id: String) async throws -> Response {
        let body = Data(try await request.body.collect(upTo: 1 << 20).readableBytesView)
        let behavior = catalog
        if behavior.reserves { state.withLock { _ = $0.reservations.insert(id) } }
        let (status, json) = try await behavior.respond(JSONDecoder().decode(ReservationRequest.self, from: body).items)
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: json)))
    }

    private struct ReservationRequest: Decodable {
        let items: [CatalogBehavior.RequestedItem]
    }
}

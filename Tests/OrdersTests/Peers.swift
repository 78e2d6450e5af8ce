import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWT
import NIOCore
import ServiceRuntime
import Synchronization

@testable import OrdersService

/// Plays catalog and inbox on a real socket: notes every call, and answers as the test says.
final class Peers: Sendable {
    struct Call: Sendable, Equatable {
        let method: HTTPRequest.Method
        let path: String
        /// `sub` and `act.sub` of the caller's token, unverified.
        let subject: String
        let actor: String?
    }

    /// What catalog answers to a reservation.
    enum Catalog: Sendable {
        case reserves, mixesCurrencies, outOfStock, fails, babbles, hangs
        /// These products are not sold.
        case lacks(Set<String>)
    }

    private struct State {
        var catalog = Catalog.reserves
        var inboxFailures = 0
        var reservations: Set<String> = []
        var calls: [Call] = []
    }

    private let state = Mutex(State())
    /// Every call, as it comes.
    let calls: AsyncStream<Call>
    private let note: AsyncStream<Call>.Continuation

    init(_ catalog: Catalog = .reserves, inboxFailures: Int = 0) {
        (calls, note) = AsyncStream.makeStream()
        state.withLock {
            $0.catalog = catalog
            $0.inboxFailures = inboxFailures
        }
    }

    /// What is reserved at this moment.
    var reservations: Set<String> { state.withLock { $0.reservations } }

    /// All calls so far.
    var callsSoFar: [Call] { state.withLock { $0.calls } }

    /// Puts a reservation in place, as an earlier call would have.
    func keepReservation(_ id: String) {
        state.withLock { _ = $0.reservations.insert(id) }
    }

    /// Waits until a call of this method to a path with this beginning comes.
    func waitFor(_ method: HTTPRequest.Method, _ prefix: String) async -> Call? {
        await calls.first { $0.method == method && $0.path.hasPrefix(prefix) }
    }

    func application() -> some ApplicationProtocol {
        let router = Router()
        router.put("reservations/{id}") { request, context in
            try self.remember(request)
            return try await self.reserve(request, context.parameters.require("id"))
        }
        router.delete("reservations/{id}") { request, context in
            let id = try context.parameters.require("id")
            self.state.withLock { _ = $0.reservations.remove(id) }
            try self.remember(request)
            return HTTPResponse.Status.noContent
        }
        router.put("accounts/{account}/messages/{id}") { request, _ in
            let fails = self.state.withLock { state in
                defer { state.inboxFailures -= 1 }
                return state.inboxFailures > 0
            }
            try self.remember(request)
            return fails ? HTTPResponse.Status.internalServerError : .created
        }
        return Application(
            router: router, server: .retainedHTTP1(), configuration: .init(address: .hostname("127.0.0.1", port: 0)))
    }

    private func remember(_ request: Request) throws {
        let token = try InspectedToken(inspecting: String((request.headers[.authorization] ?? "").dropFirst(7)))
        let call = Call(
            method: request.method, path: request.uri.path, subject: token.payload["sub"]?.string ?? "",
            actor: token.payload["act"]?["sub"]?.string)
        state.withLock { $0.calls.append(call) }
        note.yield(call)
    }

    private func reserve(_ request: Request, _ id: String) async throws -> Response {
        struct Draft: Decodable {
            let items: [Item]
            struct Item: Decodable {
                let product_id: String
                let quantity: Int
            }
        }
        let body = try await request.body.collect(upTo: 1 << 20)
        let draft = try JSONDecoder().decode(Draft.self, from: Data(body.readableBytesView))
        switch state.withLock({ $0.catalog }) {
        case .reserves, .mixesCurrencies:
            state.withLock { _ = $0.reservations.insert(id) }
            let mixes = state.withLock { if case .mixesCurrencies = $0.catalog { true } else { false } }
            let items = draft.items.enumerated().map { index, item in
                let currency = mixes && index == 1 ? "USD" : "EUR"
                return """
                    {"product_id":"\(item.product_id)","quantity":\(item.quantity),"name":"\u{600}<Mug\u{600}>",\
                    "price_cents":1250,"currency":"\(currency)"}
                    """
            }
            return response(.created, #"{"items":[\#(items.joined(separator: ","))]}"#)
        case .outOfStock:
            let ids = draft.items.map { #""\#($0.product_id)""# }.joined(separator: ",")
            return response(.conflict, #"{"code":"out_of_stock","out_of_stock":[\#(ids)]}"#)
        case .lacks(let products):
            let errors = draft.items.enumerated().filter { products.contains($0.element.product_id) }
                .map { #"{"field":"items[\#($0.offset)].product_id","detail":"is not sold"}"# }
            return response(
                .unprocessableContent, #"{"code":"invalid_fields","errors":[\#(errors.joined(separator: ","))]}"#)
        case .fails:
            state.withLock { _ = $0.reservations.insert(id) }
            return response(.internalServerError, "{}")
        case .babbles:
            state.withLock { _ = $0.reservations.insert(id) }
            return response(.created, "<html>")
        case .hangs:
            state.withLock { _ = $0.reservations.insert(id) }
            try await Task.sleep(for: Checkout.callDeadline * 1.5)
            return response(.created, "{}")
        }
    }

    private func response(_ status: HTTPResponse.Status, _ json: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: json)))
    }
}

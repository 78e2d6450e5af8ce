import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct OtherAccountTests {
    @Test func `no id of another account gives access to anything of it, on any route`() async throws {
        try await withCluster { cluster in
            let alice = try await Customer("alice", at: cluster)
            let bob = try await Customer("bob", at: cluster)
            let operations = try await DocumentedOperation.all(of: cluster)
            let before = try await alice.everything(operations)
            let products = try await cluster.get(.catalog, "/products").text.ids
            let ids = before.values.reduce(into: Set<String>()) { $0.formUnion($1.ids) }
                .subtracting(products)
            // The account and its session, an order and its message, an API token.
            #expect(ids.count >= 5)

            var count = 0
            for operation in operations where operation.path.contains("{") {
                guard let token = try bob.credential(for: operation) else { continue }
                let unknown = try await bob.send(operation, id: UUID().uuidString.lowercased(), token)
                #expect((400..<500).contains(unknown.status), "\(operation)")
                for id in ids.flatMap(\.spellings) {
                    let response = try await bob.send(operation, id: id, token)
                    #expect((400..<500).contains(response.status), "\(operation) with \(id)")
                    if id == id.lowercased(), !id.contains("%") {
                        #expect(
                            response.status == unknown.status && response.code == unknown.code,
                            "\(operation) with \(id)")
                    }
                    count += 1
                }
            }
            #expect(count >= 100)

            // Parameters of lists: an account, a cursor.
            for operation in operations where operation.isListOfUser {
                for name in operation.queryParameters {
                    for id in ids {
                        let response = try await cluster.get(
                            operation.service, "\(operation.path)?\(name)=\(id)", token: bob.token)
                        let foreign = response.text.ids.intersection(ids)
                        #expect(foreign == [], "\(operation)?\(name)=\(id)")
                    }
                }
            }
            #expect(try await alice.everything(operations) == before)
        }
    }
}

/// A customer who has placed an order, received its message, and made an API token.
private struct Customer {
    let token: String
    private let cluster: Cluster
    private let holder: SecretHolder

    init(_ name: String, at cluster: Cluster) async throws {
        self.cluster = cluster
        holder = try SecretHolder(cluster)
        let token = try await cluster.token(name)
        self.token = token
        #expect(try await cluster.order(token: token).status == 201)
        #expect(try await eventually { try await cluster.messages(token: token).count == 1 })
        #expect(
            try await cluster.send(.post, .login, "/api-tokens", token: token, json: #"{"name": "script"}"#).status
                == 201)
    }

    /// The responses of all lists and objects without an id in their path, by operation.
    func everything(_ operations: [DocumentedOperation]) async throws -> [String: String] {
        var texts: [String: String] = [:]
        for operation in operations where operation.isListOfUser {
            texts["\(operation)"] = try await cluster.get(operation.service, operation.path, token: token).text
        }
        return texts
    }

    /// The kind of token with which a customer may call the operation; nil if there is none.
    func credential(for operation: DocumentedOperation) throws -> Credential? {
        if operation.accepts("linkToken") { return .link }
        return operation.accepts("userToken") ? .bearer : nil
    }

    enum Credential { case bearer, link }

    /// Sends a request. A link is one that the service would have signed for this customer.
    func send(_ operation: DocumentedOperation, id: String, _ credential: Credential) async throws -> ReceivedResponse {
        var path = operation.path(with: id)
        if credential == .link {
            let account = try #require(try await cluster.get(.login, "/me", token: token)["account_id"])
            path += "?token=\(try holder.linkToken(of: operation.service, for: account, to: path))"
        }
        return try await cluster.send(
            operation.method, operation.service, path, token: credential == .bearer ? token : nil)
    }
}

extension DocumentedOperation {
    /// Whether the operation reads something of the caller and has no id in its path.
    fileprivate var isListOfUser: Bool {
        method == .get && !path.contains("{") && accepts("userToken")
    }
}

extension String {
    /// The UUIDs in the text.
    fileprivate var ids: Set<String> {
        Set(matches(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/).map { String($0.0) })
    }

    /// This id, other spellings of it, and an id that differs in one digit.
    fileprivate var spellings: [String] {
        let escaped = "%" + String(utf8.first ?? 0, radix: 16) + String(dropFirst())
        let digit = last == "0" ? "1" : "0"
        return [self, uppercased(), escaped, String(dropLast()) + digit, self + "%00", self + "%20", "%7B\(self)%7D"]
    }
}

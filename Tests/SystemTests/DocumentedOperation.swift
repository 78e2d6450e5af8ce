import Foundation
import HTTPTypes
import TestSupport

/// An operation of a running service, as the document at `/openapi.json` describes it.
struct DocumentedOperation: Sendable, CustomStringConvertible {
    let service: ServiceName
    let method: HTTPRequest.Method
    /// The template of the path, such as `/orders/{id}`.
    let path: String
    /// The alternatives of `security`: the required scopes by the name of the security scheme. An operation without
    /// alternatives, or with an empty one, is public.
    let security: [[String: [String]]]
    /// Whether a token must have the whole scope of its account (`x-whole-scope`).
    let requiresWholeScope: Bool
    /// The names of the parameters in the query.
    let queryParameters: [String]

    var description: String { "\(service.rawValue): \(method) \(path)" }

    var isPublic: Bool { security.isEmpty || security.contains(where: \.isEmpty) }

    /// Whether requests of another method than GET, HEAD and OPTIONS need an origin beside a cookie.
    var isUnsafe: Bool { ![.get, .head, .options].contains(method) }

    /// The path with each parameter replaced by the same text.
    func path(with id: String) -> String {
        path.replacing(/\{[^}]*\}/) { _ in id }
    }

    /// The required scopes of each alternative with this security scheme; empty if there is none.
    func scopes(for scheme: String) -> [[String]] {
        security.compactMap { $0[scheme] }
    }

    /// Whether credentials of this security scheme may call the operation.
    func accepts(_ scheme: String) -> Bool { !scopes(for: scheme).isEmpty }
}

extension DocumentedOperation {
    /// All operations of the running services of a cluster, sorted by service and path.
    static func all(of cluster: Cluster) async throws -> [DocumentedOperation] {
        var operations: [DocumentedOperation] = []
        for service in ServiceName.allCases where (try? cluster.process(service)) != nil {
            let document = Document(try await cluster.get(service, "/openapi.json").json)
            for (path, item) in document.object("paths").sorted(by: { $0.key < $1.key }) {
                for (name, operation) in (item as? Document.Object ?? [:]).sorted(by: { $0.key < $1.key }) {
                    guard let method = HTTPRequest.Method(name.uppercased()),
                        let operation = operation as? Document.Object,
                        let security = operation["security"] as? [[String: [String]]]
                    else { continue }
                    operations.append(
                        DocumentedOperation(
                            service: service, method: method, path: path, security: security,
                            requiresWholeScope: operation["x-whole-scope"] as? Bool ?? false,
                            queryParameters: document.queryParameters(of: operation)))
                }
            }
        }
        return operations
    }
}

private struct Document {
    typealias Object = [String: Any]

    private let root: Object

    init(_ root: Object) {
        self.root = root
    }

    func object(_ path: String...) -> Object {
        path.reduce(root) { $0[$1] as? Object ?? [:] }
    }

    func queryParameters(of operation: Object) -> [String] {
        (operation["parameters"] as? [Object] ?? []).compactMap { parameter in
            let reference = (parameter["$ref"] as? String)?.split(separator: "/").last.map(String.init)
            let parameter = reference.map { object("components", "parameters", $0) } ?? parameter
            return parameter["in"] as? String == "query" ? parameter["name"] as? String : nil
        }
    }
}

import Foundation
import HTTPTypes
import HummingbirdTesting
public import ServiceRuntime

/// Compares the OpenAPI document of a service with its routes. Each difference is a sentence.
///
/// ```swift
/// #expect(try await DescriptionCheck.differences(of: Inbox.self) == [])
/// ```
public struct DescriptionCheck: Sendable {
    private struct Operation {
        let route: Route
        /// The alternatives of `security`; nil if the operation does not say who may call it.
        let security: [[String: [String]]]?

        /// Whether every alternative requires credentials. OpenAPI marks a public operation by an empty list, and
        /// optional credentials by an empty alternative.
        var needsToken: Bool { security.map { !$0.isEmpty && !$0.contains(where: \.isEmpty) } ?? true }
    }

    private let operations: [Operation]
    private let routes: Set<Route>
    private let pages: Set<Route>

    /// The differences between a service and its document, with `TOKEN_COOKIE` off and on.
    ///
    /// - Parameters:
    ///   - environment: Further variables of the service.
    ///   - isPage: Whether a route serves people and therefore needs no description.
    /// - Throws: `ClusterError` when the document is not OpenAPI; errors of building the service.
    public static func differences<Definition: ServiceDefinition & SendableMetatype, Context>(
        of service: Definition.Type, environment: [String: String] = [:],
        except isPage: (Route) -> Bool = { _ in false }
    ) async throws -> [String] where Definition.BuiltApplication == ServiceApplication<Context> {
        var differences: [String] = []
        for cookies in ["off", "on"] {
            let application = try await ServiceUnderTest<Definition>.application(
                environment: environment.merging(["TOKEN_COOKIE": cookies]) { $1 })
            let check = try DescriptionCheck(application, except: isPage)
            differences += check.routeDifferences + check.unmarkedOperations
            differences += try await application.test(.router) { client in
                try await check.securityDifferences(client) + check.methodDifferences(client)
            }
        }
        return differences
    }

    private init(
        _ application: ServiceApplication<some ServiceRequestContext>, except isPage: (Route) -> Bool
    ) throws {
        routes = Set(application.routes)
        pages = routes.filter(isPage)
        let document = try JSONSerialization.jsonObject(with: application.description.json) as? [String: Any]
        guard let paths = document?["paths"] as? [String: [String: Any]] else {
            throw ClusterError("The description has no paths.")
        }
        operations = paths.flatMap { path, item in
            item.compactMap { name, operation in
                guard let method = HTTPRequest.Method(name.uppercased()), let operation = operation as? [String: Any]
                else { return nil }
                let security = operation["security"] as? [[String: [String]]]
                return Operation(route: Route(method: method, path: path), security: security)
            }
        }
    }

    /// The routes without an operation, and the operations without a route.
    private var routeDifferences: [String] {
        let described = Set(operations.map(\.route))
        let differences =
            routes.subtracting(pages).subtracting(described).map { "\($0) is not described" }
            + described.subtracting(routes).map { "\($0) does not exist" }
        return (operations.count <= 5 ? ["The document describes too few operations"] : []) + differences
    }

    /// The operations that do not say whether they are public.
    private var unmarkedOperations: [String] {
        operations.filter { $0.security == nil }.map { "\($0.route) has no security; [] marks it as public" }
    }

    /// The operations whose response to a request without a token contradicts their `security`.
    private func securityDifferences(_ client: any TestClientProtocol) async throws -> [String] {
        var differences: [String] = []
        for operation in operations {
            let response = try await client.send(operation.route.method, operation.route.anyPath)
            if (response.status == 401) != operation.needsToken {
                differences.append("\(operation.route) responds with \(response.status) to a request without a token")
            }
        }
        return differences
    }

    /// The paths with a wrong status or a wrong `Allow` for an unsupported method (405) or for `OPTIONS` (204).
    private func methodDifferences(_ client: any TestClientProtocol) async throws -> [String] {
        var differences: [String] = []
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            var allowed = Set(routes.map(\.method)).union([.options])
            if allowed.contains(.get) { allowed.insert(.head) }
            let unknown = HTTPRequest.Method("PROPFIND").map { [$0] } ?? []
            for method in [.get, .post, .put, .patch, .delete, .trace, .options] + unknown
            where method == .options || !allowed.contains(method) {
                let response = try await client.send(method, Route(method: method, path: path).anyPath)
                let named = Set((response.headers[.allow] ?? "").split(separator: ", ").map(String.init))
                if response.status != (method == .options ? 204 : 405) || named != Set(allowed.map(\.rawValue)) {
                    differences.append(
                        "\(method) \(path) gets the response \(response.status), Allow: \(named.sorted())")
                }
            }
        }
        return differences
    }
}

extension Route {
    /// A path that fits the template.
    fileprivate var anyPath: String {
        path.replacing(/\{[^}]*\}/) { _ in "01900000-0000-7000-8000-000000000001" }
    }
}

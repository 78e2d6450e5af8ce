import Foundation
import HTTPTypes
import HummingbirdTesting
public import ServiceRuntime

/// Compares what a service says of itself at `/openapi.json` with what it is. Everything that differs is a sentence.
public struct DescriptionCheck: Sendable {
    private struct Operation {
        let route: Route
        let isGuarded: Bool
    }

    private let operations: [Operation]
    private let routes: Set<Route>
    private let pages: Set<Route>

    private init(
        _ application: ServiceApplication<some ServiceRequestContext>, besides isPage: (Route) -> Bool
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
                let security = operation["security"] as? [Any] ?? []
                return Operation(route: Route(method: method, path: path), isGuarded: !security.isEmpty)
            }
        }
    }

    /// Everything in which a service is not as it says.
    ///
    /// - Parameter isPage: Which routes are for people, who need no description.
    /// - Throws: when its description is no OpenAPI document.
    public static func faults(
        of application: ServiceApplication<some ServiceRequestContext>, besides isPage: (Route) -> Bool = { _ in false }
    ) async throws -> [String] {
        let check = try DescriptionCheck(application, besides: isPage)
        let faults = try await application.test(.router) { client in
            try await check.guardFaults(client) + check.methodFaults(client)
        }
        let isEmpty = check.operations.count <= 5 ? ["hardly anything is described"] : []
        return isEmpty + check.differences + faults
    }

    /// The routes that are not described, and the operations that are not there.
    private var differences: [String] {
        let described = Set(operations.map(\.route))
        return routes.subtracting(pages).subtracting(described).map { "\($0) is not described" }
            + described.subtracting(routes).map { "\($0) is not there" }
    }

    /// The operations that answer someone without a token in another way than their `security` says.
    private func guardFaults(_ client: any TestClientProtocol) async throws -> [String] {
        var faults: [String] = []
        for operation in operations {
            let response = try await client.send(operation.route.method, operation.route.anyPath)
            if (response.status == 401) != operation.isGuarded {
                faults.append("\(operation.route) answers \(response.status) without a token")
            }
        }
        return faults
    }

    /// The paths that do not refuse the methods that they do not know with 405, and tell those that they know.
    private func methodFaults(_ client: any TestClientProtocol) async throws -> [String] {
        var faults: [String] = []
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            var allowed = Set(routes.map(\.method)).union([.options])
            if allowed.contains(.get) { allowed.insert(.head) }
            let unknown = HTTPRequest.Method("PROPFIND").map { [$0] } ?? []
            for method in [.get, .post, .put, .patch, .delete, .trace, .options] + unknown
            where method == .options || !allowed.contains(method) {
                let response = try await client.send(method, Route(method: method, path: path).anyPath)
                let told = Set((response.headers[.allow] ?? "").split(separator: ", ").map(String.init))
                if response.status != (method == .options ? 204 : 405) || told != Set(allowed.map(\.rawValue)) {
                    faults.append("\(method) \(path) is answered with \(response.status), Allow: \(told.sorted())")
                }
            }
        }
        return faults
    }
}

extension Route {
    /// A path that fits the template.
    fileprivate var anyPath: String {
        path.replacing(/\{[^}]*\}/) { _ in "01900000-0000-7000-8000-000000000001" }
    }
}

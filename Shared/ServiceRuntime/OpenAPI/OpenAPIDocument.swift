// OpenAPI: the description of a service's API and the page on which people try it.

public import Foundation
import Hummingbird

/// The description of a service's API in OpenAPI 3.1, which `GET /openapi.json` returns.
///
/// It is merged from two sets of files, so each fact is written once. The folder `Resources/openapi` of the service describes
/// its own operations. The files of this module describe what all services share: the operations routes, the format of
/// errors, the security schemes and the shared responses (`SharedResponses`).
public struct OpenAPIDocument: Sendable {
    typealias Object = [String: Any]

    /// The document in JSON, as `GET /openapi.json` sends it.
    public let json: Data

    /// Describes a service by the files in the folder `openapi` of a bundle.
    ///
    /// - Throws: An error of Foundation if a file cannot be read or is not JSON.
    public init(of service: ServiceSettings, in resources: Bundle) throws {
        try self.init(of: service, own: resources.resources(in: "openapi").map { try Data(contentsOf: $0) })
    }

    /// Creates the document from the parts that the service itself provides and the parts that all services share.
    ///
    /// - Throws: An error of Foundation if a part is not JSON.
    public init(of service: ServiceSettings, own parts: [Data] = []) throws {
        let common = try Bundle.module.resources(in: "openapi").map { try Self.object(Data(contentsOf: $0)) }
        let own = try parts.map(Self.object).reduce([:], Self.join)
        var document = Self.join(common.reduce([:], Self.join), own)
        let responses = SharedResponses(
            allowsCookies: service.allowsCookies, parameters: document.object("components", "parameters"))
        document["paths"] = document.object("paths").mapOperations { path, method, operation in
            responses.complete(operation, path: path, method: method, isOwn: own.object("paths")[path] != nil)
        }
        document["components"] = Self.components(document)
        json = try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// The scopes that operations require of tokens of a security scheme, sorted.
    public func scopes(of scheme: String) -> [String] {
        var scopes: Set<String> = []
        _ = ((try? Self.object(json)) ?? [:]).object("paths").mapOperations { _, _, operation in
            for requirement in operation["security"] as? [Object] ?? [] {
                scopes.formUnion(requirement[scheme] as? [String] ?? [])
            }
            return operation
        }
        return scopes.sorted()
    }

    private static func object(_ json: Data) throws -> Object {
        try JSONSerialization.jsonObject(with: json) as? Object ?? [:]
    }

    /// Merges two objects. If both have a member, it merges objects, concatenates lists with the second list first, and
    /// otherwise takes the second value.
    private static func join(_ first: Object, _ second: Object) -> Object {
        first.merging(second) { first, second in
            switch (first, second) {
            case (let first as Object, let second as Object): join(first, second)
            case (let first as [Any], let second as [Any]): second + first
            default: second
            }
        }
    }

    /// The components, with the request id in every response and without security schemes that no operation uses.
    private static func components(_ document: Object) -> Object {
        var components = document.object("components")
        components["responses"] = components.object("responses").mapValues(SharedResponses.identified)
        var used: Set<String> = []
        _ = document.object("paths").mapOperations { _, _, operation in
            for requirement in operation["security"] as? [Object] ?? [] { used.formUnion(requirement.keys) }
            return operation
        }
        components["securitySchemes"] = components.object("securitySchemes").filter { used.contains($0.key) }
        return components
    }
}

extension [String: Any] {
    /// The object at the end of a path of names; empty if there is none.
    func object(_ path: String...) -> Self {
        path.reduce(self) { $0[$1] as? Self ?? [:] }
    }

    /// The `paths` of a document with every operation replaced by the result of `change`.
    fileprivate func mapOperations(_ change: (_ path: String, _ method: String, _ operation: Self) -> Self) -> Self {
        var paths = self
        for (path, item) in self {
            guard var item = item as? Self else { continue }
            for case (let method, let operation as Self) in item { item[method] = change(path, method, operation) }
            paths[path] = item
        }
        return paths
    }
}

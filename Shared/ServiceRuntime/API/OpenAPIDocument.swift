public import Foundation
import Hummingbird

/// What a service offers, in the terms of OpenAPI 3.1: the document that `GET /openapi.json` answers.
///
/// It is joined from files, so that each fact has one place: those in the folder `Resources/openapi` of the service, with
/// what is its own, and those of this module, with what all services have: the operations routes, the form of errors, the
/// security schemes, and the answers that follow from what an operation is (`SharedResponses`).
public struct OpenAPIDocument: Sendable {
    typealias Object = [String: Any]

    /// The document, as it is sent.
    public let json: Data

    /// Describes a service by the files in the folder `openapi` of its resources.
    ///
    /// - Throws: when a file cannot be read, or is not JSON.
    public init(of service: ServiceSettings, in resources: Bundle) throws {
        try self.init(of: service, own: resources.resources(in: "openapi").map { try Data(contentsOf: $0) })
    }

    /// Describes a service by parts of a document that hold what is its own.
    ///
    /// - Throws: when one is not JSON.
    public init(of service: ServiceSettings, own parts: [Data] = []) throws {
        let common = try Bundle.module.resources(in: "openapi").map { try Self.object(Data(contentsOf: $0)) }
        let own = try parts.map(Self.object).reduce([:], Self.join)
        var document = Self.join(common.reduce([:], Self.join), own)
        let answers = SharedResponses(
            cookies: service.allowsCookies, parameters: document.object("components", "parameters"))
        document["paths"] = document.object("paths").mapOperations { path, method, operation in
            answers.complete(operation, path: path, method: method, isOwn: own.object("paths")[path] != nil)
        }
        document["components"] = Self.components(document)
        json = try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    private static func object(_ json: Data) throws -> Object {
        try JSONSerialization.jsonObject(with: json) as? Object ?? [:]
    }

    /// The members of both: objects joined in turn, lists with the second before the first, and of anything else the second.
    private static func join(_ first: Object, _ second: Object) -> Object {
        first.merging(second) { first, second in
            switch (first, second) {
            case (let first as Object, let second as Object): join(first, second)
            case (let first as [Any], let second as [Any]): second + first
            default: second
            }
        }
    }

    /// The components with the id of the request on every answer, and without the security schemes that no operation names.
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
    /// The object at the end of a path of names, or an empty one.
    func object(_ path: String...) -> Self {
        path.reduce(self) { $0[$1] as? Self ?? [:] }
    }

    /// Taken as the `paths` of a document: the same with every operation changed by `change`.
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

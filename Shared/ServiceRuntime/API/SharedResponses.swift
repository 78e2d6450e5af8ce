/// The answers that an operation can give because of what it is, whatever it does: said here once, and added to every
/// operation that does not say more of its own about the same status.
///
/// They stand beside the code that gives them: the door, the readers of bodies and parameters, the store.
struct SharedResponses {
    /// Whether tokens may come in a cookie.
    let cookies: Bool
    /// The parameters that operations refer to.
    let parameters: OpenAPIDocument.Object

    private static let safeMethods = ["get", "head", "options"]

    /// An operation with all its answers, and with the cookie as another way to carry a user's token where that is on.
    func complete(
        _ operation: OpenAPIDocument.Object, path: String, method: String, isOwn: Bool
    ) -> OpenAPIDocument.Object {
        var operation = operation
        if cookies, let security = operation["security"] as? [OpenAPIDocument.Object] {
            operation["security"] = security + security.compactMap { $0["userToken"].map { ["cookieToken": $0] } }
        }
        let shared = names(for: operation, path: path, isSafe: Self.safeMethods.contains(method), isOwn: isOwn)
            .mapValues { ["$ref": "#/components/responses/\($0)"] as Any }
        let own = operation.object("responses").mapValues(Self.identified)
        operation["responses"] = shared.merging(own) { $1 }
        return operation
    }

    /// An answer that says that the id of the request goes with it.
    static func identified(_ answer: Any) -> Any {
        guard var answer = answer as? OpenAPIDocument.Object, answer["$ref"] == nil else { return answer }
        answer["headers"] = answer.object("headers").merging([
            "X-Request-Id": ["$ref": "#/components/headers/X-Request-Id"]
        ]) { $1 }
        return answer
    }

    /// The shared answers by their status.
    private func names(
        for operation: OpenAPIDocument.Object, path: String, isSafe: Bool, isOwn: Bool
    ) -> [String: String] {
        var names = ["500": "Fault"]
        func add(_ more: [String: String], if applies: Bool) {
            if applies { names.merge(more) { $1 } }
        }
        let security = operation["security"] as? [OpenAPIDocument.Object] ?? []
        let hasScopes = security.contains { $0.values.contains { ($0 as? [String])?.isEmpty == false } }
        let bodies = operation.object("requestBody", "content").keys
        add(["503": "Unavailable"], if: isOwn)
        add(["507": "StorageFull"], if: isOwn && !isSafe)
        add(["404": "NotFound"], if: path.contains("{"))
        add(["400": "BadRequest", "401": "Unauthorized"], if: !security.isEmpty)
        add(["403": "Forbidden"], if: hasScopes || cookies && !isSafe && !security.isEmpty)
        add(["413": "TooLarge"], if: !bodies.isEmpty)
        add(
            ["400": "BadRequest", "415": "UnsupportedMediaType", "422": "InvalidFields"],
            if: Array(bodies) == ["application/json"])
        add(["422": "InvalidFields"], if: hasQuery(operation))
        return names
    }

    private func hasQuery(_ operation: OpenAPIDocument.Object) -> Bool {
        (operation["parameters"] as? [OpenAPIDocument.Object] ?? []).contains { parameter in
            let reference = (parameter["$ref"] as? String)?.split(separator: "/").last.map(String.init)
            let parameter = reference.map { parameters.object($0) } ?? parameter
            return parameter["in"] as? String == "query"
        }
    }
}

/// The responses that an operation has because of its kind: whether it requires a token, has a body or has parameters.
///
/// An operation gets each shared response that it does not describe itself. These responses come from code that all
/// services share: the authentication, the decoding of bodies and parameters, and the database.
struct SharedResponses {
    /// Whether a cookie may carry a token.
    let allowsCookies: Bool
    /// The shared parameters to which operations refer.
    let parameters: OpenAPIDocument.Object

    private static let safeMethods = ["get", "head", "options"]

    /// The operation with all its responses. If cookies are allowed, the operation also accepts a user's token in the
    /// cookie.
    func complete(
        _ operation: OpenAPIDocument.Object, path: String, method: String, isOwn: Bool
    ) -> OpenAPIDocument.Object {
        var operation = operation
        if allowsCookies, let security = operation["security"] as? [OpenAPIDocument.Object] {
            operation["security"] = security + security.compactMap { $0["userToken"].map { ["cookieToken": $0] } }
        }
        let shared = names(for: operation, path: path, isSafe: Self.safeMethods.contains(method), isOwn: isOwn)
            .mapValues { ["$ref": "#/components/responses/\($0)"] as Any }
        let own = operation.object("responses").mapValues(Self.identified)
        operation["responses"] = shared.merging(own) { $1 }
        return operation
    }

    /// The response with the header field `X-Request-Id` added to its description.
    static func identified(_ response: Any) -> Any {
        guard var response = response as? OpenAPIDocument.Object, response["$ref"] == nil else { return response }
        response["headers"] = response.object("headers").merging([
            "X-Request-Id": ["$ref": "#/components/headers/X-Request-Id"]
        ]) { $1 }
        return response
    }

    /// The names of the shared responses, by status.
    private func names(
        for operation: OpenAPIDocument.Object, path: String, isSafe: Bool, isOwn: Bool
    ) -> [String: String] {
        var names = ["500": "InternalError"]
        func add(_ more: [String: String], if applies: Bool) {
            if applies { names.merge(more) { $1 } }
        }
        let security = operation["security"] as? [OpenAPIDocument.Object] ?? []
        let hasScopes = security.contains { $0.values.contains { ($0 as? [String])?.isEmpty == false } }
        let isForUsers = security.contains { $0["userToken"] != nil }
        let bodies = operation.object("requestBody", "content").keys
        add(["503": "Unavailable"], if: isOwn)
        add(["507": "StorageFull"], if: isOwn && !isSafe)
        add(["404": "NotFound"], if: path.contains("{"))
        add(["400": "BadRequest", "401": "Unauthorized"], if: !security.isEmpty)
        add(["403": "Forbidden"], if: hasScopes || isForUsers)
        add(["413": "TooLarge", "415": "UnsupportedMediaType"], if: !bodies.isEmpty)
        add(
            ["400": "BadRequest", "422": "InvalidFields"],
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

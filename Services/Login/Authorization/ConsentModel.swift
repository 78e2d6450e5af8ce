/// The values of the template `consent`.
struct ConsentModel: Sendable {
    let client: String
    /// The origin to which the browser returns.
    let origin: String
    /// What the client will be able to do, as sentences.
    let permissions: [String]
    let services: String
    /// Whether login cannot check that the program is the registered client.
    let isPublic: Bool
    /// The address of the form: that of the request.
    let action: String

    init(_ request: AuthorizationRequest, scope: Scope, action: String) {
        client = request.target.client.name.text
        origin = request.target.redirectURI.origin
        permissions = scope.permissions
        services = request.audience.joined(separator: ", ")
        isPublic = request.target.client.isPublic
        self.action = action
    }
}

extension Scope {
    /// What the scope allows, as the rest of a sentence that begins with "It can".
    var permissions: [String] {
        names.map { name in
            switch name {
            case "orders:read": "see your orders"
            case "orders:write": "place orders for you, and cancel them"
            case "inbox:read": "read, mark and delete your messages"
            case "catalog:write": "change the products and their stock"
            case "orders:read:all": "see the orders of all accounts"
            default: "use the permission \(name)"
            }
        }
    }
}

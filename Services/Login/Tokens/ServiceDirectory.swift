/// The services that accept access tokens, by the name that stands in `aud` and by their address (RFC 8707).
struct ServiceDirectory: Sendable {
    /// The names of the services. A client may ask for fewer.
    let names: [String]
    /// The addresses of services by their names.
    let addresses: [String: String]

    /// The audience of a token that a request to the token endpoint asks for: the services of the parameter `audience`,
    /// in which spaces separate names, and of each parameter `resource`, which is an address.
    ///
    /// - Parameter allowed: The services that the client may name; all of them when the request names none.
    /// - Throws: `OAuthError` with `invalid_target` when the request names another service, or none is allowed.
    func audience(_ parameters: TokenParameters, within allowed: [String]) throws(OAuthError) -> [String] {
        let named = try parameters.optional("audience").map { $0.split(separator: " ").map(String.init) }
        return try audience(named: named, resources: try parameters.values(of: "resource"), within: allowed)
    }

    /// The audience for names and addresses of services.
    ///
    /// - Parameter named: The names of services; nil without the parameter.
    func audience(
        named: [String]? = nil, resources: [String], within allowed: [String]
    ) throws(OAuthError) -> [String] {
        var wanted = named ?? []
        for resource in resources {
            let name = addresses.first { $0.value.utf8.elementsEqual(resource.utf8) }?.key
            guard let name else { throw Self.invalidTarget }
            wanted.append(name)
        }
        let allowed = names.filter(allowed.contains)
        if named == nil && resources.isEmpty { wanted = allowed }
        guard !wanted.isEmpty, wanted.allSatisfy(allowed.contains) else { throw Self.invalidTarget }
        return allowed.filter(wanted.contains)
    }

    private static let invalidTarget = OAuthError(
        .invalidTarget, "The audience or the resource is not a service that may accept the token.")
}

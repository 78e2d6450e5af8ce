import ServiceRuntime

/// The body of `POST /api-tokens`.
struct APITokenRequest: Decodable {
    let name: String
    /// The names of scopes with single spaces between them; nil for the scope of the access token of the request.
    let scope: String?
    /// The lifetime in seconds; nil for a token that does not expire.
    let expires_in: JSONInteger?

    /// Checks the name and the lifetime.
    ///
    /// - Throws: `Problem` with status 422 that names every invalid field.
    func validate() throws {
        var errors: [Problem.InvalidField] = []
        if !APIToken.isName(name) { errors.append(.init("name", APIToken.nameRule)) }
        if let seconds = expires_in?.value, !(1...APIToken.maximumLifetimeSeconds).contains(seconds) {
            errors.append(
                .init("expires_in", "must be a whole number of seconds from 1 to \(APIToken.maximumLifetimeSeconds)"))
        }
        guard errors.isEmpty else { throw Problem.unprocessable(errors) }
    }
}

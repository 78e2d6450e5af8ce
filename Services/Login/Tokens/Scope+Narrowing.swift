extension Scope {
    /// Narrows the scope to the parameter `scope` of a request.
    ///
    /// - Parameter requested: The parameter; nil for the whole scope.
    /// - Throws: `OAuthError` with `invalid_scope` when `requested` is malformed or has a name that this scope does
    ///   not have.
    func narrowed(to requested: String?) throws(OAuthError) -> Scope {
        guard let requested else { return self }
        guard let wanted = Scope(requested) else {
            throw OAuthError(.invalidScope, "A scope is a list of names with single spaces between them.")
        }
        guard contains(wanted) else {
            throw OAuthError(.invalidScope, "The scope has a name that is unknown, or not allowed here.")
        }
        return intersection(wanted)
    }
}

/// The kind of token that a route requires; it rejects every other kind.
public enum RequiredToken: Sendable {
    /// An access token that login issued to a user.
    case user
    /// A token that one of the named services signed for this one request.
    case service(from: [String])
    /// A link token that this service signed for this one request, in the query parameter `token`.
    ///
    /// The token is valid for one use, which `usedLinks` records.
    case link(usedLinks: any UsedLinkStore)
}

/// The kind of token that a route requires; it rejects every other kind.
public enum RequiredToken: Sendable {
    /// An access token that login issued, also to a client that acts as itself.
    case access
    /// An access token of an account, whatever client got it. A client that acts as itself gets 403 `account_required`.
    case user
    /// An access token of an account that login issued to its own client. A token of a registered client gets 403
    /// `first_party_only`.
    case firstParty
    /// A token that one of the named services signed for this one request.
    case service(from: [String])
    /// A link token that this service signed for this one request, in the query parameter `token`.
    ///
    /// The token is valid for one use, which `usedLinks` records.
    case link(usedLinks: any UsedLinkStore)
}

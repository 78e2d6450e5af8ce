import Hummingbird
import ServiceRuntime

/// An API token as its owner sees it.
struct APITokenResponse: ResponseEncodable {
    let token: APIToken
    /// The secret, only in the response to the creation.
    var secret: APITokenSecret?

    private enum Member: String, CodingKey {
        case id, token, name, scope, created_at, expires_at
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Member.self)
        try members.encode(token.id.lowercase, forKey: .id)
        try members.encodeIfPresent(secret?.text, forKey: .token)
        try members.encode(token.name, forKey: .name)
        try members.encode(token.scope.text, forKey: .scope)
        try members.encode(token.createdAt.rfc3339, forKey: .created_at)
        // The member is null for a token that does not expire.
        try members.encode(token.expiresAt?.rfc3339, forKey: .expires_at)
    }
}

/// The body of `GET /api-tokens`.
struct APITokenListResponse: ResponseEncodable {
    let api_tokens: [APITokenResponse]
}

import Foundation
import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The id and the secret with which a client identifies itself in a request (RFC 6749 §2.3.1).
struct ClientCredentials: Sendable {
    let id: String
    /// Nil for a public client, which has none.
    let secret: ClientSecret?

    /// The credentials in `Authorization: Basic` or in the body; nil when the request names no client.
    ///
    /// - Throws: `OAuthError` with `invalid_request` when a request carries two credentials, with `invalid_client` when
    ///   the header field is malformed.
    init?(of request: Request, _ parameters: TokenParameters) throws(OAuthError) {
        let (id, secret) = (try parameters.optional("client_id"), try parameters.optional("client_secret"))
        guard let basic = try Self.basic(of: request) else {
            guard let id else {
                guard secret == nil else { throw OAuthError(.invalidRequest, "The parameter client_id is missing.") }
                return nil
            }
            self.init(id: id, secret: secret.map(ClientSecret.init))
            return
        }
        guard secret == nil, id == nil || id?.utf8.elementsEqual(basic.id.utf8) == true else {
            throw OAuthError(.invalidRequest, "The request carries the credentials of a client twice. Send them once.")
        }
        self = basic
    }

    private init(id: String, secret: ClientSecret?) {
        self.id = id
        self.secret = secret
    }

    /// The credentials of the scheme Basic (RFC 7617). Both parts are form-encoded before they are joined (RFC 6749
    /// §2.3.1). Other schemes are ignored.
    private static func basic(of request: Request) throws(OAuthError) -> ClientCredentials? {
        let fields = request.headers[values: .authorization]
        guard fields.count <= 1 else {
            throw OAuthError(.invalidRequest, "The request has two Authorization fields. Send one.")
        }
        guard let field = fields.first else { return nil }
        let scheme = field.prefix { $0 != " " }
        guard scheme.utf8.elementsEqual("basic".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        let encoded = field.dropFirst(scheme.count).trimmingPrefix { $0 == " " }
        guard let bytes = Data(base64Encoded: String(encoded)), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let id = URLEncodedForm.decode(bytes[..<colon]),
            let secret = URLEncodedForm.decode(bytes[bytes.index(after: colon)...])
        else { throw .invalidClient }
        return ClientCredentials(id: id, secret: secret.isEmpty ? nil : ClientSecret(secret))
    }
}

extension OAuthError {
    /// 401: the client is unknown, or its credentials are wrong or missing. Responses do not tell which.
    static let invalidClient = OAuthError(
        .invalidClient, "The client is unknown, or its authentication failed.", status: .unauthorized,
        headers: [.wwwAuthenticate: "Basic realm=\"\(Login.name)\", charset=\"UTF-8\""])
}

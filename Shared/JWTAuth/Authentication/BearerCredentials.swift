import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The rules by which a request carries its token (RFC 6750 §2). The field `Authorization` is always allowed.
struct BearerCredentials: Sendable {
    /// Whether the cookie `access_token` is allowed. Unsafe methods then require an `Origin` that the service allows.
    var allowsCookie: Bool
    /// Whether the query parameter `token` is allowed, as link tokens require.
    var allowsQuery = false
    /// The origins that may send the cookie with unsafe methods.
    let allowedOrigins: Set<String>

    private static let cookieName = "access_token"
    private static let parameterName = "token"

    /// The token of a request; nil when the request carries no token.
    ///
    /// - Throws: `Problem` with status 400 for two tokens or a malformed field, with 403 for a cookie from another
    ///   origin.
    func token(of request: Request) throws(Problem) -> String? {
        let header = try bearerToken(of: request)
        guard allowsCookie || allowsQuery else { return header }
        let cookie = allowsCookie ? try cookieToken(of: request) : nil
        let query = allowsQuery ? try queryToken(of: request) : nil
        let tokens = [header, cookie, query].compactMap { $0 }
        guard tokens.count <= 1 else {
            throw .badRequest("The request carries two tokens. Send one.")
        }
        if cookie != nil { try requireAllowedOrigin(request) }
        return tokens.first
    }

    /// The token of `Authorization: Bearer <token>`, with one space and the scheme in any case. Other schemes are
    /// ignored.
    private func bearerToken(of request: Request) throws(Problem) -> String? {
        let fields = request.headers[values: .authorization]
        guard fields.count <= 1 else {
            throw .badRequest("The request has two Authorization fields. Send one.")
        }
        guard let field = fields.first else { return nil }
        // The bytes are split: finding the characters of a text takes longer than verifying the token.
        let scheme = field.utf8.prefix { $0 != UInt8(ascii: " ") }
        guard scheme.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        let token = Substring(field.utf8[scheme.endIndex...].dropFirst())
        guard isToken(token) else {
            throw .badRequest("The Authorization field must be: Bearer, one space, the token.")
        }
        return String(token)
    }

    private func cookieToken(of request: Request) throws(Problem) -> String? {
        let values = request.headers[values: .cookie]
            .flatMap { $0.split(separator: ";") }
            .map { $0.trimmingPrefix { $0 == " " } }
            .compactMap { pair -> Substring? in
                let name = pair.prefix { $0 != "=" }
                return name.utf8.elementsEqual(Self.cookieName.utf8) ? pair.dropFirst(name.count + 1) : nil
            }
        return try single(values, "The cookie access_token must hold one token.")
    }

    private func queryToken(of request: Request) throws(Problem) -> String? {
        let values = (request.uri.query ?? "").split(separator: "&")
            .filter { $0.hasPrefix("\(Self.parameterName)=") }
            .map { $0.dropFirst(Self.parameterName.count + 1) }
        return try single(values, "The query parameter token must hold one token.")
    }

    private func single(_ values: [Substring], _ rule: String) throws(Problem) -> String? {
        guard let value = values.first else { return nil }
        guard values.count == 1, isToken(value) else { throw .badRequest(rule) }
        return String(value)
    }

    /// Whether the text consists of the characters of `b64token` (RFC 6750 §2.1). The verifier checks the rest.
    private func isToken(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0.isToken68Character }
    }

    /// Requires an allowed origin for unsafe methods, because browsers send the cookie with the requests of any page.
    private func requireAllowedOrigin(_ request: Request) throws(Problem) {
        let isSafe = [.get, .head, .options].contains(request.method)
        guard isSafe || request.headers[.origin].map(allowedOrigins.contains) == true else {
            throw Problem(
                .forbidden, code: "foreign_origin",
                detail: "With a token in a cookie, this method requires an Origin that the service allows.")
        }
    }
}

import HTTPTypes
import Hummingbird
import ServiceRuntime

/// Which ways of carrying a token a route understands (RFC 6750 §2). The header field always is one.
struct Transports: Sendable {
    /// The cookie `access_token`; unsafe methods then need an `Origin` that the service allows.
    var cookie = false
    /// The query parameter `token`, for link tokens only.
    var query = false
}

/// Finds the one token of a request.
struct BearerCredentials: Sendable {
    var transports: Transports
    let allowedOrigins: Set<String>

    private static let cookieName = "access_token"
    private static let parameterName = "token"

    /// The text of the token, or nil when the request carries none.
    ///
    /// - Throws: `Problem`: 400 for two tokens or a malformed field, 403 for a cookie from a foreign origin.
    func token(of request: Request) throws(Problem) -> String? {
        let header = try bearerToken(of: request)
        let cookie = transports.cookie ? try cookieToken(of: request) : nil
        let query = transports.query ? try queryToken(of: request) : nil
        let tokens = [header, cookie, query].compactMap { $0 }
        guard tokens.count <= 1 else {
            throw .malformedCredentials("The request carries two tokens. Send one.")
        }
        if cookie != nil { try requireOwnOrigin(request) }
        return tokens.first
    }

    /// `Authorization: Bearer <token>`, one space, scheme in any case. Other schemes are no token of ours.
    private func bearerToken(of request: Request) throws(Problem) -> String? {
        let fields = request.headers[values: .authorization]
        guard fields.count <= 1 else {
            throw .malformedCredentials("The request has two Authorization fields. Send one.")
        }
        guard let field = fields.first else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].utf8.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        guard parts.count == 2, isToken(parts[1]) else {
            throw .malformedCredentials("The Authorization field must be: Bearer, one space, the token.")
        }
        return String(parts[1])
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
        guard values.count == 1, isToken(value) else { throw .malformedCredentials(rule) }
        return String(value)
    }

    /// Not empty, and of the characters of `b64token` (RFC 6750 §2.1) alone. The verifier decides about the rest.
    private func isToken(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._~+/=".utf8.contains(byte)
                }
            }
    }

    /// A browser sends cookies with the requests of any page, so an unsafe method has to name a page of ours.
    private func requireOwnOrigin(_ request: Request) throws(Problem) {
        let isSafe = [.get, .head, .options].contains(request.method)
        guard isSafe || request.headers[.origin].map(allowedOrigins.contains) == true else {
            throw Problem(
                .forbidden, code: "foreign_origin",
                detail: "With a token in a cookie, this method needs an Origin that the service allows.")
        }
    }
}

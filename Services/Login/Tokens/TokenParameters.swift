import Hummingbird
import JWT
import ServiceRuntime

/// The parameters of a request to an OAuth endpoint: a form (RFC 6749 §3.2), or a JSON object with the same members.
///
/// A parameter without a value counts as missing, and a repeated parameter is rejected. A member of a JSON object
/// that is not a string is rejected when it is read.
struct TokenParameters: Sendable {
    private enum Content: Sendable {
        case form(URLEncodedForm)
        /// The members of an object; nil for a value that is not a string.
        case json([String: String?])
    }

    private let content: Content

    /// The parameters that may occur more than once (RFC 8707 §2).
    private static let repeatable: Set = ["resource"]

    /// Reads the body of a request.
    ///
    /// - Throws: `OAuthError` with `invalid_request`; the problems of `Request.bytes` for a body that cannot be read.
    init(of request: Request) async throws {
        let body = Array(try await request.bytes(upTo: URLEncodedForm.maximumBytes))
        switch request.mediaType {
        case MediaType.form: try self.init(form: body)
        case "application/json": try self.init(json: body)
        default:
            throw OAuthError(.invalidRequest, "Send \(MediaType.form) or application/json.")
        }
    }

    /// Reads a form.
    init(form body: [UInt8]) throws(OAuthError) {
        do {
            content = .form(try URLEncodedForm(body, repeatable: Self.repeatable))
        } catch {
            throw OAuthError(.invalidRequest, error.detail)
        }
    }

    /// Reads one JSON object.
    init(json body: [UInt8]) throws(OAuthError) {
        guard let members = JSONValue.strings(ofObject: body) else {
            throw OAuthError(.invalidRequest, "The body must be a JSON object in UTF-8 with each name once.")
        }
        // Names with different bytes can be equal as text.
        content = .json(.init(members.map { ($0.name, $0.value) }) { first, _ in first })
    }

    /// The value of a parameter; nil when it is missing.
    func optional(_ name: String) throws(OAuthError) -> String? {
        let text: String?
        switch content {
        case .form(let form): text = form[name]
        case .json(let members):
            guard let value = members[name] else { return nil }
            guard let value else {
                throw OAuthError(.invalidRequest, "The parameter \(name) is not a string.")
            }
            text = value
        }
        return text == "" ? nil : text
    }

    /// The values of a parameter that may be repeated, without empty ones.
    func values(of name: String) throws(OAuthError) -> [String] {
        guard case .form(let form) = content else { return try optional(name).map { [$0] } ?? [] }
        return form.values(of: name).filter { !$0.isEmpty }
    }

    /// The value of a required parameter.
    func required(_ name: String) throws(OAuthError) -> String {
        guard let text = try optional(name) else {
            throw OAuthError(.invalidRequest, "The parameter \(name) is missing.")
        }
        return text
    }
}

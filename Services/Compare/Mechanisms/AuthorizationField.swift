import HTTPTypes
import Hummingbird
import ServiceRuntime

/// Reads the field `Authorization` of a request: a scheme in any case, one space, and the credentials (RFC 9110 §11.4).
enum AuthorizationField {
    /// The credentials of `scheme`; nil when the request has none. Other schemes are ignored.
    ///
    /// - Throws: `Problem` with 400 for two fields, or for credentials that are no `token68`.
    static func credentials(_ scheme: String, of request: Request) throws(Problem) -> String? {
        let fields = request.headers[values: .authorization]
        guard fields.count <= 1 else { throw .badRequest("The request has two Authorization fields. Send one.") }
        guard let field = fields.first else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].lowercased() == scheme.lowercased() else { return nil }
        guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.allSatisfy(\.isToken68Character) else {
            throw .badRequest("The Authorization field must be: \(scheme), one space, the credentials.")
        }
        return String(parts[1])
    }
}

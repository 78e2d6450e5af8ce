import Hummingbird
import JWT
import ServiceRuntime

/// The parameters of a request to an OAuth endpoint: a form (RFC 6749 §3.2), or a JSON object with the same members.
///
/// A parameter without a value counts as missing, and a repeated parameter is rejected. A member of a JSON object
/// that is not a string is rejected when it is read.
struct TokenParameters: Sendable {
    private enum Parameter: Sendable, Equatable {
        case text(String)
        case anotherType
    }

    /// The maximum number of parameters of a form.
    static let maximumParameters = 64

    private var parameters: [String: Parameter] = [:]

    /// Reads the body of a request.
    ///
    /// - Throws: `OAuthError` with `invalid_request`; the problems of `Request.bytes` for a body that cannot be read.
    init(of request: Request, context: some RequestContext) async throws {
        let body = Array(try await request.bytes(upTo: context.maxUploadSize))
        switch request.mediaType {
        case "application/x-www-form-urlencoded": try self.init(form: body)
        case "application/json": try self.init(json: body)
        default:
            throw OAuthError(.invalidRequest, "Send application/x-www-form-urlencoded or application/json.")
        }
    }

    /// Reads `application/x-www-form-urlencoded` strictly: two hexadecimal digits follow each `%`, and the decoded
    /// text is UTF-8 without U+0000.
    init(form body: [UInt8]) throws(OAuthError) {
        let fields = body.split(separator: UInt8(ascii: "&"), maxSplits: Self.maximumParameters)
        guard fields.count <= Self.maximumParameters else {
            throw OAuthError(.invalidRequest, "The form has more than \(Self.maximumParameters) parameters.")
        }
        for field in fields {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count == 2 ? parts[1] : []) else {
                throw OAuthError(.invalidRequest, "The form is not percent-encoded UTF-8.")
            }
            guard parameters.updateValue(.text(value), forKey: name) == nil else {
                throw OAuthError(.invalidRequest, "The form has a parameter twice.")
            }
        }
    }

    /// Reads one JSON object.
    init(json body: [UInt8]) throws(OAuthError) {
        guard let members = JSONValue.strings(ofObject: body) else {
            throw OAuthError(.invalidRequest, "The body must be a JSON object in UTF-8 with each name once.")
        }
        for member in members {
            parameters[member.name] = member.value.map(Parameter.text) ?? .anotherType
        }
    }

    /// The value of a parameter; nil when it is missing.
    func optional(_ name: String) throws(OAuthError) -> String? {
        switch parameters[name] {
        case nil, .text(""): return nil
        case .text(let text): return text
        case .anotherType: throw OAuthError(.invalidRequest, "The parameter \(name) is not a string.")
        }
    }

    /// The value of a required parameter.
    func required(_ name: String) throws(OAuthError) -> String {
        guard let text = try optional(name) else {
            throw OAuthError(.invalidRequest, "The parameter \(name) is missing.")
        }
        return text
    }

    private static func decode(_ encoded: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var rest = encoded
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexDigitValue, let low = rest.popFirst()?.hexDigitValue else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}

import Hummingbird
import JWT
import ServiceRuntime

/// The parameters of a request to the token endpoint: a form (RFC 6749 §3.2), or the same as one JSON object.
///
/// A parameter without a value counts as left out, and one that is there twice is refused; members of a JSON object that
/// are no strings are refused where they are asked for.
struct TokenParameters: Sendable {
    private enum Parameter: Sendable, Equatable {
        case text(String)
        case anotherType
    }

    /// The most parameters that a form may have.
    static let maxParameters = 64

    private var parameters: [String: Parameter] = [:]

    /// Reads the body of a request.
    ///
    /// - Throws: `OAuthError` with `invalid_request`, or what `bytes` throws for a body that cannot be read.
    init(of request: Request, context: some RequestContext) async throws {
        let body = Array(try await request.bytes(upTo: context.maxUploadSize))
        switch request.mediaType {
        case "application/x-www-form-urlencoded": try self.init(form: body)
        case "application/json": try self.init(json: body)
        default:
            throw OAuthError(.invalidRequest, "Send application/x-www-form-urlencoded or application/json.")
        }
    }

    /// Reads `application/x-www-form-urlencoded`, strictly: each `%` stands before two hexadecimal digits, and what comes
    /// out is UTF-8 without U+0000.
    init(form body: [UInt8]) throws(OAuthError) {
        let fields = body.split(separator: UInt8(ascii: "&"), maxSplits: Self.maxParameters)
        guard fields.count <= Self.maxParameters else {
            throw OAuthError(.invalidRequest, "The form has more than \(Self.maxParameters) parameters.")
        }
        for field in fields {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count == 2 ? parts[1] : []) else {
                throw OAuthError(.invalidRequest, "The form is not percent-encoded UTF-8.")
            }
            guard parameters.updateValue(.text(value), forKey: name) == nil else {
                throw OAuthError(.invalidRequest, "A parameter of the form is there twice.")
            }
        }
    }

    /// Reads one JSON object.
    init(json body: [UInt8]) throws(OAuthError) {
        guard let members = JSONValue.strings(ofObject: body) else {
            throw OAuthError(.invalidRequest, "The body is not one JSON object in UTF-8, with each name once.")
        }
        for member in members {
            parameters[member.name] = member.value.map(Parameter.text) ?? .anotherType
        }
    }

    /// The value of a parameter; nil when it is left out.
    func optional(_ name: String) throws(OAuthError) -> String? {
        switch parameters[name] {
        case nil, .text(""): return nil
        case .text(let text): return text
        case .anotherType: throw OAuthError(.invalidRequest, "The parameter \(name) is not a string.")
        }
    }

    /// The value of a parameter that must be there.
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
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }
}

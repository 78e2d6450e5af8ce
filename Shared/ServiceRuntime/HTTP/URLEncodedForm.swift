public import Hummingbird

/// A form in `application/x-www-form-urlencoded` (WHATWG URL Standard §5.1): the body of a request, or a query.
///
/// It is read strictly: two hexadecimal digits follow each `%`, the decoded text is UTF-8 without U+0000, and no name
/// occurs twice unless the caller allows it. As the standard says, a `charset` of the media type has no effect.
public struct URLEncodedForm: Sendable {
    /// The maximum size of a body, in bytes.
    public static let maximumBytes = 128 << 10
    /// The maximum number of parameters.
    public static let maximumParameters = 64

    private var parameters: [String: [String]] = [:]

    /// Reads the body of a request, whatever its media type.
    ///
    /// - Parameter repeatable: The names that may occur more than once.
    /// - Throws: `InvalidForm`; the problems of `Request.bytes` for a body that cannot be read.
    public init(bodyOf request: Request, repeatable: Set<String> = []) async throws {
        try self.init(Array(await request.bytes(upTo: Self.maximumBytes)), repeatable: repeatable)
    }

    /// Reads an encoded form.
    ///
    /// - Parameters:
    ///   - encoded: The bytes of a body, or those of a query without its question mark.
    ///   - repeatable: The names that may occur more than once.
    public init(_ encoded: [UInt8], repeatable: Set<String> = []) throws(InvalidForm) {
        let fields = encoded.split(separator: UInt8(ascii: "&"), maxSplits: Self.maximumParameters)
        guard fields.count <= Self.maximumParameters else {
            throw InvalidForm(detail: "The form has more than \(Self.maximumParameters) parameters.")
        }
        for field in fields {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count == 2 ? parts[1] : []) else {
                throw InvalidForm(detail: "The form is not percent-encoded UTF-8.")
            }
            guard parameters[name] == nil || repeatable.contains(name) else {
                throw InvalidForm(detail: "The form has a parameter twice.")
            }
            parameters[name, default: []].append(value)
        }
    }

    /// The value of a parameter, the first one if it is repeated; nil when the form does not have the parameter.
    public subscript(name: String) -> String? {
        parameters[name]?.first
    }

    /// All values of a parameter, in their order.
    public func values(of name: String) -> [String] {
        parameters[name] ?? []
    }

    /// Encodes a name or a value: each byte except unreserved characters becomes `%` and two digits (RFC 3986 §2.1).
    public static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte in
            byte.isURIUnreserved
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes a name or a value; nil when it breaks the rules.
    public static func decode(_ encoded: some Sequence<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var rest = encoded.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next()?.hexDigitValue, let low = rest.next()?.hexDigitValue else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}

/// A form breaks the rules of `URLEncodedForm`.
public struct InvalidForm: Error, ProblemConvertible {
    /// A sentence for people, in ASCII without quotation marks and backslashes.
    public let detail: String

    /// 400.
    public var problem: Problem { .badRequest(detail) }
}

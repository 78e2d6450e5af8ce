import Foundation
public import Hummingbird

/// Decodes the JSON body of a request. Its errors name the field that is invalid.
///
/// It ignores members that the type does not declare. It rejects
/// - a media type other than `application/json` with 415,
/// - a body that is too large with 413,
/// - a body that is not JSON in UTF-8 with 400,
/// - members of a wrong type and strings with U+0000 with 422.
public struct JSONBodyDecoder: RequestDecoder {
    /// Decodes a value from the body of `request`.
    ///
    /// - Throws: `Problem`.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from request: Request, context: some RequestContext
    ) async throws -> Value {
        guard request.mediaType == "application/json" else {
            throw Problem(
                .unsupportedMediaType, code: "unsupported_media_type",
                detail: "Send JSON, with the header field Content-Type: application/json.")
        }
        let bytes = try await request.bytes(upTo: context.maxUploadSize)
        // `JSONDecoder` would also accept UTF-16 and UTF-32. In both, every ASCII character has a zero byte.
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem.badRequest("The body is not valid UTF-8.")
        }
        guard !escapesNUL(bytes) else {
            throw Problem.unprocessable([.init("", "The body contains the character U+0000, which no text may contain")]
            )
        }
        do {
            return try JSONDecoder().decode(type, from: bytes)
        } catch let error as DecodingError {
            throw problem(for: error)
        }
    }

    /// Whether the JSON text escapes U+0000, a character that not every database can store.
    private func escapesNUL(_ json: Data) -> Bool {
        var rest = json[...]
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            rest = rest[(backslash + 1)...]
            if rest.starts(with: "u0000".utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    private func problem(for error: DecodingError) -> Problem {
        switch error {
        case .keyNotFound(let key, let context):
            return .unprocessable([.init(fieldName(context.codingPath + [key]), "is missing")])
        case .valueNotFound(let type, let context), .typeMismatch(let type, let context):
            return .unprocessable([.init(fieldName(context.codingPath), "must be \(word(for: type))")])
        default:
            return .badRequest("The body is not valid JSON, or it contains a number that is too large.")
        }
    }

    /// A coding path in the notation of JavaScript: `items[0].quantity`.
    private func fieldName(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { name, key in
            if let index = key.intValue {
                name += "[\(index)]"
            } else {
                name += name.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    private func word(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is JSONInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a whole number"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}

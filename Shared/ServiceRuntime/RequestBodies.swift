public import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

/// What the request contexts of all services share: limits, and how bodies are read and written.
public protocol ServiceRequestContext: RequestContext where Decoder == JSONBodyDecoder, Encoder == JSONEncoder {}

extension ServiceRequestContext {
    /// The largest body that a request may have, in bytes: 1 MiB.
    public var maxUploadSize: Int { 1 << 20 }
    /// Writes JSON with its members in the order of their names, so that equal answers are equal to the byte.
    public var responseEncoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
    /// Reads JSON bodies.
    public var requestDecoder: JSONBodyDecoder { JSONBodyDecoder() }
}

extension Request {
    /// The media type of the body, in lower case and without parameters, as in `application/json` (RFC 9110 §8.3.1).
    ///
    /// Nil when the request names none, or several, or not in the form of the RFC: white space stands around `;` only.
    public var mediaType: String? {
        let fields = headers[values: .contentType]
        guard fields.count == 1, let text = fields[0].split(separator: ";", omittingEmptySubsequences: false).first
        else {
            return nil
        }
        let type = text.utf8.reversed().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.reversed()
        let parts = type.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isHTTPTokenCharacter) }) else {
            return nil
        }
        return String(decoding: type, as: UTF8.self).lowercased()
    }

    /// The whole body.
    ///
    /// - Parameter maxBytes: The largest body that is read.
    /// - Throws: `Problem`: 413 for a larger one, 400 for one that breaks off or is framed wrongly.
    public func bytes(upTo maxBytes: Int) async throws(Problem) -> Data {
        do {
            return Data(try await body.collect(upTo: maxBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, code: "content_too_large", detail: "The body is larger than \(maxBytes) bytes.")
        } catch {
            throw Problem.badRequest("The body broke off, or is not framed as HTTP says.")
        }
    }
}

/// Reads the JSON body of a request, with an error that names the field that does not fit.
///
/// Refuses with 415 what is not `application/json`, with 400 what is no JSON in UTF-8, with 413 what is too large,
/// with 422 members of a wrong type and strings with U+0000. Members that the type does not name are ignored.
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
        // JSONDecoder would guess UTF-16 and UTF-32, in which every ASCII character has a zero byte.
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem.badRequest("The body is not valid UTF-8.")
        }
        guard !escapesNUL(bytes) else {
            throw Problem.unprocessable([.init("", "The body has the character U+0000, which no text here may hold")])
        }
        do {
            return try JSONDecoder().decode(type, from: bytes)
        } catch let error as DecodingError {
            throw problem(for: error)
        }
    }

    /// Whether a string of the text spells the character that not every database can store.
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
            return .badRequest("The body is not valid JSON, or has a number that is too large.")
        }
    }

    /// A coding path as people write it: `items[0].quantity`.
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

/// A whole number in a request body.
///
/// `JSONDecoder` does not say which `Int` did not fit a fraction or a huge number; this type does.
public struct JSONInteger: Decodable, Sendable, Equatable {
    /// The number, within ±2^53: what a JSON number carries exactly everywhere (RFC 8259 §6).
    public let value: Int

    /// Reads a number and refuses fractions and what is beyond ±2^53.
    public init(from decoder: any Decoder) throws {
        let number = try decoder.singleValueContainer().decode(Double.self)
        guard number.magnitude <= 0x1p53, let value = Int(exactly: number) else {
            throw DecodingError.typeMismatch(
                JSONInteger.self, .init(codingPath: decoder.codingPath, debugDescription: "not a whole number"))
        }
        self.value = value
    }
}

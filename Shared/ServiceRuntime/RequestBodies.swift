import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

/// What the request contexts of all services share: limits, and how bodies are read and written.
public protocol ServiceRequestContext: RequestContext where Decoder == JSONBodyDecoder {}

extension ServiceRequestContext {
    /// The largest body that a request may have, in bytes: 1 MiB.
    public var maxUploadSize: Int { 1 << 20 }
    /// Reads JSON bodies.
    public var requestDecoder: JSONBodyDecoder { JSONBodyDecoder() }
}

/// Reads the JSON body of a request, with an error that names the field that does not fit.
///
/// Refuses with 415 what is not `application/json`, with 400 what is no JSON in UTF-8, with 413 what is too large,
/// with 422 members of a wrong type. Members that the type does not name are ignored.
public struct JSONBodyDecoder: RequestDecoder {
    /// Decodes a value from the body of `request`.
    ///
    /// - Throws: `Problem`, or `NIOTooManyBytesError` for a body over the limit.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from request: Request, context: some RequestContext
    ) async throws -> Value {
        guard isJSON(request.headers[.contentType]) else {
            throw Problem(
                .unsupportedMediaType, code: "unsupported_media_type",
                detail: "Send JSON, with the header field Content-Type: application/json.")
        }
        let bytes = Data(try await request.body.collect(upTo: context.maxUploadSize).readableBytesView)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem.badRequest("The body is not valid UTF-8.")
        }
        do {
            return try JSONDecoder().decode(type, from: bytes)
        } catch let error as DecodingError {
            throw problem(for: error)
        }
    }

    private func isJSON(_ contentType: String?) -> Bool {
        guard let mediaType = contentType?.split(separator: ";").first else { return false }
        return mediaType.trimmingCharacters(in: .whitespaces).lowercased() == "application/json"
    }

    private func problem(for error: DecodingError) -> Problem {
        switch error {
        case .keyNotFound(let key, let context):
            return .unprocessable([.init(fieldName(context.codingPath + [key]), "is missing")])
        case .valueNotFound(let type, let context), .typeMismatch(let type, let context):
            return .unprocessable([.init(fieldName(context.codingPath), "must be \(word(for: type))")])
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return .unprocessable([.init(fieldName(context.codingPath), "has a value that does not fit")])
        default:
            return .badRequest("The body is not valid JSON.")
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
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}

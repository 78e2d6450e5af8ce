public import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

extension Request {
    /// The media type of the body, in lower case and without parameters, as in `application/json` (RFC 9110 §8.3.1).
    ///
    /// Nil if the request has no field `Content-Type`, several of them, or one that does not match the grammar. White
    /// space is accepted around `;` only.
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

    /// Reads the whole body.
    ///
    /// - Parameter maximumBytes: The maximum size of the body in bytes.
    /// - Throws: `Problem` with 413 if the body is larger; with 400 if it ends early or its framing is invalid.
    public func bytes(upTo maximumBytes: Int) async throws(Problem) -> Data {
        do {
            return Data(try await body.collect(upTo: maximumBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, code: "content_too_large", detail: "The body is larger than \(maximumBytes) bytes.")
        } catch {
            throw Problem.badRequest("The body ended early, or its framing is not valid HTTP.")
        }
    }
}

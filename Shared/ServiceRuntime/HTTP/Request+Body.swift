public import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

extension Request {
    /// The media type of the body, in lower case and without parameters, as in `application/json` (RFC 9110 §8.3.1).
    ///
    /// Nil if the request has no field `Content-Type`, several of them, or one that does not match the grammar. White
    /// space is accepted around `;` only.
    public var mediaType: String? { MediaType.essence(headers[values: .contentType]) }

    /// Reads the whole body.
    ///
    /// - Parameter maximumBytes: The maximum size of the body in bytes.
    /// - Throws: `Problem` with 415 if the body has a content coding; with 413 if it is larger; with 400 if it ends early or its
    ///   framing is invalid; with 503 if the service is overloaded when it ends.
    public func bytes(upTo maximumBytes: Int) async throws(Problem) -> Data {
        guard !hasContentCoding else { throw .unsupportedContentCoding }
        if let length = headers[.contentLength].flatMap(Int.init), length > maximumBytes {
            throw .contentTooLarge(maximumBytes)
        }
        do {
            return Data(try await body.collect(upTo: maximumBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw .contentTooLarge(maximumBytes)
        } catch let rejection as RejectedRequest {
            throw rejection.problem
        } catch {
            throw Problem.badRequest("The body ended early, or its framing is not valid HTTP.")
        }
    }

    /// Whether the field `Content-Encoding` names a coding other than `identity` (RFC 9110 §8.4).
    private var hasContentCoding: Bool {
        headers[values: .contentEncoding].joined(separator: ",")
            .split { $0 == "," || $0 == " " || $0 == "\t" }
            .contains { $0.lowercased() != "identity" }
    }
}

extension Problem {
    /// 415: the body is compressed. `Accept-Encoding` names what the service reads instead (RFC 9110 §15.5.16).
    fileprivate static let unsupportedContentCoding = Problem(
        .unsupportedMediaType, code: "unsupported_content_encoding",
        detail: "Send the body without compression, without the header field Content-Encoding.",
        headers: [.acceptEncoding: "identity"])

    /// 413, counted under the reason `body_size`.
    fileprivate static func contentTooLarge(_ maximumBytes: Int) -> Problem {
        ClosingReason.bodySize.count()
        return Problem(
            .contentTooLarge, code: "content_too_large", detail: "The body is larger than \(maximumBytes) bytes.")
    }
}

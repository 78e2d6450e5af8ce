public import Foundation
import HTTPTypes
public import Hummingbird
import Libcrypto

/// A file that is read or made when the service starts, and served from memory.
public struct StaticFile: Sendable {
    private let bytes: ByteBuffer
    private let contentType: String
    private let headers: HTTPFields

    /// The extensions of the files that are served, with their content types.
    private static let contentTypes = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
    ]

    /// Reads the HTML, CSS, JavaScript and SVG files of a folder. It skips other files and subfolders.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - headers: Header fields for all responses, such as `Content-Security-Policy`.
    /// - Returns: The files by their names.
    /// - Throws: An error of Foundation if the folder or a file cannot be read.
    public static func files(in folder: URL, headers: HTTPFields) throws -> [String: StaticFile] {
        var files: [String: StaticFile] = [:]
        for url in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            guard let contentType = contentTypes[url.pathExtension] else { continue }
            files[url.lastPathComponent] = StaticFile(
                try Data(contentsOf: url), contentType: contentType, headers: headers)
        }
        return files
    }

    /// Creates a file with this content.
    ///
    /// - Parameter headers: Header fields for all responses.
    init(_ data: Data, contentType: String, headers: HTTPFields = [:]) {
        bytes = ByteBuffer(bytes: data)
        self.contentType = contentType
        var headers = headers
        headers[.cacheControl] = "no-cache"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.eTag] = "\"\(Data(sha256([UInt8](data)).prefix(16)).base64EncodedString())\""
        self.headers = headers
    }

    /// The response to a `GET` of the file: 304 if the client has the current version (RFC 9110 §13.1.2), otherwise 200.
    ///
    /// `Cache-Control: no-cache` makes clients revalidate the file before each use, so they load a new release at once.
    public func response(to request: Request) -> Response {
        if isKnown(to: request) { return Response(status: .notModified, headers: headers) }
        var headers = headers
        headers[.contentType] = contentType
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: bytes))
    }

    /// Whether `If-None-Match` names the version of this file. The comparison of entity tags is weak.
    private func isKnown(to request: Request) -> Bool {
        guard let field = request.headers[.ifNoneMatch], let tag = headers[.eTag] else { return false }
        return EntityTag.list(field, contains: tag)
    }
}

import Foundation
import Libcrypto
import ServiceRuntime

/// The files beside the executable from which pages are made: `hallpass_LoginService.resources`.
struct WebFiles: Sendable {
    /// A file as it is served.
    struct File: Sendable {
        let type: String
        let bytes: [UInt8]
        /// The hash of the bytes, as the quoted text of the field `ETag`.
        let tag: String
    }

    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
    ]

    /// The files of the shop, by their names.
    func shop() throws -> [String: File] {
        var files: [String: File] = [:]
        for url in try Bundle.module.resources(in: "shop") {
            guard let type = Self.types[url.pathExtension] else { continue }
            let bytes = [UInt8](try Data(contentsOf: url))
            let hash = sha256(bytes).prefix(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            files[url.lastPathComponent] = File(type: type, bytes: bytes, tag: "\"\(hash.joined())\"")
        }
        return files
    }
}

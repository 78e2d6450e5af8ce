import Foundation
import TestSupport

/// A self-signed certificate for `localhost`, which is its own authority, and its private key.
final class TestCertificate: Sendable {
    /// The path of the certificate, a PEM file.
    let path: String
    /// The path of the private key, a PEM file.
    let keyPath: String
    /// The folder of both files.
    let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        (path, keyPath) = (folder.path("certificate.pem"), folder.path("key.pem"))
        try await run(
            [
                "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                "-subj", "/CN=localhost", "-keyout", keyPath, "-out", path,
            ], in: folder.url)
    }
}

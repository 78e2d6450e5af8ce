import CurlClient
import Foundation
import TestSupport
import Testing

/// nginx with HTTP/2 over TLS, on a unix socket. It forwards each request to a server with HTTP/1, and adds the field
/// `X-Connection` to the response: the protocol and the number of the client's connection.
final class HTTP2Proxy: Sendable {
    let certificate: TestCertificate
    /// The path of the unix socket.
    let path: String
    private let process: ServerProcess

    private static let program = "/usr/sbin/nginx"

    init(to server: ScriptedServer) async throws {
        try #require(FileManager.default.fileExists(atPath: Self.program), "Install nginx: scripts/setup nginx")
        certificate = try await TestCertificate()
        let folder = certificate.folder
        path = folder.path("nginx.sock")
        let caches = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path($0));" }.joined(separator: "\n")
        let configuration = """
            daemon off;
            master_process off;
            pid \(folder.path("nginx.pid"));
            error_log stderr notice;
            events { }
            http {
              access_log off;
              \(caches)
              server {
                listen unix:\(path) ssl http2;
                ssl_certificate \(certificate.path);
                ssl_certificate_key \(certificate.keyPath);
                add_header X-Connection "$server_protocol $connection" always;
                location / { proxy_pass http://127.0.0.1:\(server.port); }
              }
            }
            """
        try Data(configuration.utf8).write(to: folder.file("nginx.conf"))
        // nginx prints this when it has opened its sockets.
        process = try await ServerProcess(
            [Self.program, "-e", "stderr", "-p", folder.path, "-c", folder.path("nginx.conf")],
            readyText: "event method")
    }

    /// A client of the proxy, for URLs that begin with `https://localhost`.
    func client() -> HTTPClient {
        .with {
            $0.protocolVersion = .http2
            $0.unixSocketPath = path
            $0.trustedAuthoritiesPath = certificate.path
        }
    }
}

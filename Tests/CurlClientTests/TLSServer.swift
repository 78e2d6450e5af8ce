import Testing

/// OpenSSL's test server, with a self-signed certificate.
final class TLSServer: Sendable {
    let port: UInt16
    let certificate: TestCertificate
    private let process: ServerProcess

    /// Starts the server. If it demands a certificate, it accepts only its own one.
    init(demandsCertificate: Bool = false) async throws {
        certificate = try await TestCertificate()
        let demand = demandsCertificate ? ["-Verify", "1", "-verify_return_error", "-CAfile", certificate.path] : []
        let keys = ["-key", certificate.keyPath, "-cert", certificate.path]
        // It prints `ACCEPT 127.0.0.1:port`.
        process = try await ServerProcess(
            ["/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-www"] + keys + demand, readyText: "ACCEPT")
        let digits = process.output.split(separator: "ACCEPT 127.0.0.1:").last?.prefix { $0.isNumber }
        port = try #require(digits.flatMap { UInt16($0) })
    }
}

import Foundation
import Synchronization
import TestSupport
import Testing

/// OpenSSL's test server, with a self-signed certificate.
final class TLSServer: Sendable {
    let port: UInt16
    /// The path of the server's certificate, which is its own authority.
    let certificatePath: String
    /// The path of the certificate's private key.
    let keyPath: String
    private let server: Process
    private let folder: TemporaryFolder

    /// Starts the server. If it demands a certificate, it accepts only its own one.
    init(demandsCertificate: Bool = false) async throws {
        folder = try TemporaryFolder()
        let (key, certificate) = (folder.path("key.pem"), folder.path("certificate.pem"))
        (keyPath, certificatePath) = (key, certificate)
        let isMade = OneTimeEvent()
        let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        let maker = Self.openSSL(request + ["-keyout", key, "-out", certificate])
        maker.terminationHandler = { _ in isMade.signal() }
        try maker.launchAlone()
        await isMade.wait()
        let demand = demandsCertificate ? ["-Verify", "1", "-verify_return_error", "-CAfile", certificate] : []
        server = Self.openSSL(
            ["s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate, "-www"] + demand)
        port = try await Self.portAfterStart(of: server)
    }

    deinit {
        // Threads of the concurrency pool block SIGTERM, and processes that they start inherit that.
        kill(server.processIdentifier, SIGKILL)
    }

    private static func openSSL(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        return process
    }

    /// Starts the server and returns its port, which it prints as `ACCEPT 127.0.0.1:port`.
    private static func portAfterStart(of server: Process) async throws -> UInt16 {
        let output = Pipe()
        let text = Mutex("")
        let listens = OneTimeEvent()
        output.fileHandleForReading.readabilityHandler = { handle in
            let part = String(decoding: handle.availableData, as: UTF8.self)
            let isComplete = text.withLock { text in
                text += part
                return part.isEmpty || text.hasSuffix("\n") && text.contains("ACCEPT")
            }
            if isComplete {
                handle.readabilityHandler = nil
                listens.signal()
            }
        }
        server.standardOutput = output
        try server.launchAlone()
        await listens.wait()
        let digits = text.withLock { $0.split(separator: ":").last?.prefix { $0.isNumber } ?? "" }
        return try #require(UInt16(digits))
    }
}

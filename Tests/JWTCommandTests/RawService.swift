import Foundation
import TestSupport

/// A server that responds with the bytes that a test says, and keeps the bytes of each request.
struct RawService: Sendable {
    /// The good token, whose text alone decides.
    static let token = [#"{"alg":"HS256","kid":"one"}"#, #"{"sub":"alice"}"#, "signature of the service, 32 by_"]
        .map { Data($0.utf8).base64EncodedString().replacing("=", with: "") }.joined(separator: ".")

    /// Statements in Python that respond to a request. Their variables are `connection`, `authorization` (the value of the first
    /// such field, or an empty text), `is_good` (whether it is the good
    /// token), `folder` (with a file for each request so far), and the functions `accept` and `reject`.
    private let response: String
    private let certificateFiles: [String]

    /// A service that responds to the good token, to no token and to a text that is not one as it should, and to each further
    /// request with these statements.
    init(toHostile response: String) {
        self.init(
            toAll: """
                if is_good: accept()
                elif authorization in ("", "Bearer garbage"): reject()
                else:
                \(response.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
                """)
    }

    /// A service that responds to each request with these statements, over TLS if it has a certificate and its key (PEM).
    init(toAll response: String, certificate: String? = nil, key: String? = nil) {
        self.response = response
        certificateFiles = [certificate, key].compactMap(\.self)
    }

    /// The requests that have arrived, in their order.
    struct Requests: Sendable {
        fileprivate let folder: TemporaryFolder

        /// A file that the statements have written into `folder`.
        func file(_ name: String) -> URL { folder.file(name) }

        func all() throws -> [Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            return try names.filter { $0.hasPrefix("request-") }.sorted()
                .map { try Data(contentsOf: folder.file($0)) }
        }
    }

    /// Runs `body` with the URL of a route, in a thread that may wait.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable (_ url: String, Requests) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Swift.Result { try runWaiting(body) }) }
        }
    }

    private func runWaiting<Result>(_ body: (_ url: String, Requests) throws -> Result) throws -> Result {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", Self.program, folder.path, Self.token, response] + certificateFiles
        let output = Pipe()
        process.standardOutput = output
        try process.launchAlone()
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        return try body(
            "\(certificateFiles.isEmpty ? "http" : "https")://127.0.0.1:\(line.trimmingCharacters(in: .newlines))/orders",
            Requests(folder: folder))
    }

    /// Probes the service.
    func probe(_ options: String...) async throws -> Command.Result {
        try await run { url, _ in try Command.run(["probe", url, "--rate", "1000"] + options, input: Self.token) }
    }

    private static let program = """
        import re, socketserver, ssl, sys

        folder, good, response, *certificate = sys.argv[1:]
        response = compile(response, "response", "exec")
        requests = 0

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                global requests
                message = b""
                while b"\\r\\n\\r\\n" not in message:
                    part = self.request.recv(65536)
                    if not part: return
                    message += part
                length = re.search(rb"(?i)\\r\\ncontent-length: ([0-9]+)", message)
                head = message.index(b"\\r\\n\\r\\n") + 4
                while len(message) < head + int(length[1] if length else 0):
                    message += self.request.recv(65536)
                requests += 1
                with open(f"{folder}/request-{requests:06}", "wb") as file: file.write(message)
                field = re.search(rb"(?i)\\r\\nauthorization: ([^\\r]*)", message)
                authorization = field[1].decode() if field else ""
                count = len(re.findall(rb"(?i)\\r\\nauthorization:", message))
                def accept():
                    self.request.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\norders"[:-6 * message.startswith(b"HEAD") or None])
                def reject():
                    self.request.sendall(b"HTTP/1.1 401 Unauthorized\\r\\nWWW-Authenticate: Bearer\\r\\nContent-Length: 0\\r\\n\\r\\n")
                scheme, _, token = authorization.partition(" ")
                try:
                    exec(response, {
                        "folder": folder, "connection": self.request, "authorization": authorization, "accept": accept, "reject": reject,
                        "is_good": count == 1 and scheme.lower() == "bearer" and token == good})
                except (BrokenPipeError, ConnectionResetError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def finish_request(self, request, client):
                if certificate:
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(*certificate)
                    request = context.wrap_socket(request, server_side=True)
                super().finish_request(request, client)

            def handle_error(self, *_):
                pass

        with Server(("127.0.0.1", 0), Handler) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()
        """
}

public import ArgumentParser
import Configuration
import NIOCore
import NIOPosix

/// The command `probe`: requests `/readyz` of the service on this machine and exits with 0 or 1.
///
/// It is the health check of a container that has no shell.
public struct ProbeCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    /// The name of the command and its help text.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "probe", abstract: "Request /readyz of this service; exit with 0 if it is ready, else with 1.")
    }

    /// Creates the command; for the argument parser.
    public init() {}

    /// Prints the body of the response, or the reason why there is no response.
    public func run() async throws {
        let outcome = try await Self.probe(ConfigReader(provider: EnvironmentVariablesProvider()))
        print(outcome.text)
        guard outcome.isReady else { throw ExitCode.failure }
    }

    /// Requests `/readyz` at the configured port over loopback, or over the configured address.
    ///
    /// - Throws: `ConfigurationError`.
    static func probe(_ reader: ConfigReader) async throws -> (isReady: Bool, text: String) {
        let settings = try Settings.read(reader) {
            ServiceSettings(name: Definition.name, defaultPort: Definition.defaultPort, &$0)
        }
        let host = ["0.0.0.0", "::"].contains(settings.host) ? "127.0.0.1" : settings.host
        guard let response = try? await readyz(host: host, port: settings.port) else {
            return (false, "no response from \(host):\(settings.port)")
        }
        let statusLine = response.prefix { $0 != "\r\n" }
        return (statusLine.contains(" 200 "), String(response.split(separator: "\r\n\r\n").last ?? ""))
    }

    /// The whole response to `GET /readyz`, as text.
    private static func readyz(host: String, port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(2))
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        // An IPv6 address stands in brackets (RFC 9110 §7.2).
        let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let deadline = channel.channel.eventLoop.scheduleTask(in: .seconds(3)) { channel.channel.close(promise: nil) }
        defer { deadline.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(
                ByteBuffer(string: "GET /readyz HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n\r\n"))
            var response = ByteBuffer()
            for try await part in inbound { response.writeImmutableBuffer(part) }
            return String(buffer: response)
        }
    }
}

public import ArgumentParser
public import Configuration
import Foundation
public import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// A service as an executable: what the commands `serve` and `probe` need to know of it.
public protocol ServiceDefinition {
    /// The name of the service and of its executable.
    static var name: String { get }
    /// The port when `PORT` is not set.
    static var defaultPort: Int { get }
    /// The type of the application that `buildApplication` assembles.
    associatedtype BuiltApplication: ApplicationProtocol
    /// Assembles the service from its environment.
    static func buildApplication(reader: ConfigReader, clock: WallClock) async throws -> BuiltApplication
}

/// Serves until SIGTERM or SIGINT, then finishes what was accepted within ten seconds.
public struct Serve<Definition: ServiceDefinition>: AsyncParsableCommand {
    /// The command's name and its line of help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "serve", abstract: "Serve until SIGTERM (the default).",
            discussion: "The configuration is read from the environment; docs/configuration.md lists the variables.")
    }

    /// Used by the argument parser.
    public init() {}

    /// Boots the service and runs it.
    public func run() async throws {
        // Whatever is written, its owner alone reads.
        umask(0o077)
        do {
            let reader = ConfigReader(provider: EnvironmentVariablesProvider())
            // A fault of these is reported below, with all others.
            try? Settings.read(reader) { LogSettings(&$0) }.bootstrap()
            let application = try await Definition.buildApplication(reader: reader, clock: .system)
            try await serve(application)
        } catch let faults as Settings.Faults {
            try abort("\(Definition.name) cannot start. Mend its environment:\n\(faults)")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            try abort("\(Definition.name) cannot start: its port is in use. Stop the other program or set PORT.")
        }
    }

    private func serve(_ application: some ApplicationProtocol) async throws {
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: application)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: application.logger)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: configuration).run()
    }

    private func abort(_ message: String) throws {
        FileHandle.standardError.write(Data("\(message)\n".utf8))
        throw ExitCode.failure
    }
}

/// Asks the service's own `/readyz` and exits with 0 or 1: the health check of a container without a shell.
public struct Probe<Definition: ServiceDefinition>: AsyncParsableCommand {
    /// The command's name and its line of help.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "probe", abstract: "Ask this service's own /readyz; exit with 0 or 1.")
    }

    /// Used by the argument parser.
    public init() {}

    /// Asks over loopback at the configured port.
    public func run() async throws {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider())
        let settings = try Settings.read(reader) {
            ServiceSettings(name: Definition.name, defaultPort: Definition.defaultPort, &$0)
        }
        let host = ["0.0.0.0", "::"].contains(settings.host) ? "127.0.0.1" : settings.host
        guard let answer = try? await readyz(host: host, port: settings.port) else {
            print("no answer from \(host):\(settings.port)")
            throw ExitCode.failure
        }
        let (head, body) = (answer.prefix { $0 != "\r\n" }, answer.split(separator: "\r\n\r\n").last ?? "")
        print(body)
        guard head.contains(" 200 ") else { throw ExitCode.failure }
    }

    /// The whole answer to `GET /readyz`, as text.
    private func readyz(host: String, port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(2))
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let deadline = channel.channel.eventLoop.scheduleTask(in: .seconds(3)) { channel.channel.close(promise: nil) }
        defer { deadline.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(
                ByteBuffer(string: "GET /readyz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"))
            var answer = ByteBuffer()
            for try await part in inbound { answer.writeImmutableBuffer(part) }
            return String(buffer: answer)
        }
    }
}

// Operations: the commands, logs, metrics and readiness checks of a service, for the people and programs that run it.
// This folder also assembles the parts of the other folders into an application.

public import ArgumentParser
import Configuration
import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The command `serve`: serves until SIGTERM or SIGINT, then completes accepted requests within ten seconds.
public struct ServeCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    /// The name of the command and its help text.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "serve", abstract: "Serve until SIGTERM (the default command).",
            discussion: "Environment variables configure the service; docs/configuration.md lists them.")
    }

    private static var maximumShutdownSeconds: Int { 10 }

    /// Creates the command; for the argument parser.
    public init() {}

    /// Starts the service and runs it until a signal ends it.
    public func run() async throws {
        defer { LogWriter.standardError.flush() }
        // A write to a pipe without a reader fails then, and does not end the process.
        signal(SIGPIPE, SIG_IGN)
        FileDescriptors.raiseLimit()
        // Only the owner may read the files that the service creates.
        umask(0o077)
        let reader = ConfigReader(provider: EnvironmentVariablesProvider())
        // Ignore errors here: building the application reports the invalid settings of logs and traces together with all other
        // invalid variables.
        try? Settings.read(reader) { LogSettings(&$0) }.bootstrap()
        let exporter = try? Settings.read(reader) { TraceSettings(of: Definition.name, &$0) }.bootstrap()
        do {
            try await Self.serve(reader, exporter: exporter)
        } catch let error as StartError {
            LogWriter.standardError.write("\(error)\n")
            throw ExitCode.failure
        }
    }

    /// Runs the service that `reader` configures.
    ///
    /// - Parameter exporter: Exports spans until the application has stopped; nil if nothing is recorded.
    /// - Throws: `StartError` if the configuration is invalid or the service cannot listen.
    static func serve(_ reader: ConfigReader, exporter: (any Service)? = nil) async throws {
        do {
            let application = try await Definition.buildApplication(reader: reader, clock: .system)
            // The group stops the last service first.
            let services: [any Service] = [exporter].compactMap { $0 } + [application]
            var configuration = ServiceGroupConfiguration(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: application.logger)
            configuration.maximumGracefulShutdownDuration = .seconds(maximumShutdownSeconds)
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as ConfigurationError {
            throw StartError(
                description: "\(Definition.name) cannot start. Fix these environment variables:\n\(error)")
        } catch {
            guard let reason = listeningFailure(error, reader) else { throw error }
            throw StartError(description: "\(Definition.name) cannot start: \(reason)")
        }
    }

    /// Why the service cannot listen, with the variable to change; nil for any other error.
    private static func listeningFailure(_ error: any Error, _ reader: ConfigReader) -> String? {
        let settings = try? Settings.read(reader) {
            ServiceSettings(name: Definition.name, defaultPort: Definition.defaultPort, &$0)
        }
        guard let settings else { return nil }
        switch (error, (error as? IOError)?.errnoCode) {
        case (is SocketAddressError, _), (is SocketAddressError.UnknownHost, _):
            return "the host name '\(settings.host)' is unknown. Set HOST to an IP address of this machine."
        case (_, EADDRNOTAVAIL), (_, EAFNOSUPPORT):
            return "'\(settings.host)' is not an address of this machine. Set HOST to one, or to 0.0.0.0 for all."
        case (_, EADDRINUSE): return "its port is in use. Stop the other program or set PORT."
        case (_, EACCES):
            return "this user may not listen on port \(settings.port). Set PORT to 1024 or above."
        default: return nil
        }
    }
}

/// The error of a service that cannot start: the reason and the remedy, for the person who starts the service.
struct StartError: Error, CustomStringConvertible {
    let description: String
}

import Foundation
import HTTPTypes
import OTLPTracing
import ServiceLifecycle
import Tracing

/// The settings of traces: the variables of OpenTelemetry, `OTEL_*`. Without an endpoint, nothing is recorded.
struct TraceSettings {
    /// The names of the variables, as the specification of OpenTelemetry defines them.
    private enum Variable {
        static let isDisabled = "OTEL_SDK_DISABLED"
        static let exporter = "OTEL_TRACES_EXPORTER"
        static let exportProtocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
        static let tracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
        static let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
        static let tracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        static let headers = "OTEL_EXPORTER_OTLP_HEADERS"
        static let tracesHeaders = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
        static let authorities = "OTEL_EXPORTER_OTLP_CERTIFICATE"
        static let tracesAuthorities = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"
        static let clientCertificate = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"
        static let tracesClientCertificate = "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE"
        static let clientKey = "OTEL_EXPORTER_OTLP_CLIENT_KEY"
        static let tracesClientKey = "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY"
        static let compression = "OTEL_EXPORTER_OTLP_COMPRESSION"
        static let tracesCompression = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"
        static let timeout = "OTEL_EXPORTER_OTLP_TIMEOUT"
        static let tracesTimeout = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"
        static let serviceName = "OTEL_SERVICE_NAME"
        static let resource = "OTEL_RESOURCE_ATTRIBUTES"
        static let sampler = "OTEL_TRACES_SAMPLER"
        static let samplerArgument = "OTEL_TRACES_SAMPLER_ARG"
        static let queueSize = "OTEL_BSP_MAX_QUEUE_SIZE"
        static let batchSize = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
        static let delay = "OTEL_BSP_SCHEDULE_DELAY"
    }

    private static let maximumMilliseconds = 600_000
    private static let maximumQueueSize = 65536

    /// Where spans are sent; nil if nothing is recorded.
    private(set) var exporter: SpanExporter.Configuration?
    private(set) var sampler = Sampler(ratio: 1, isParentBased: true)
    private(set) var queueSize = 2048
    private(set) var batchSize = 512

    /// Reads the settings of the service `name`.
    init(of name: String, _ settings: inout Settings) {
        guard let url = Self.url(&settings) else { return }
        Self.checkChoice(
            [Variable.tracesProtocol, Variable.exportProtocol], "http/json",
            "must be http/json, the protocol of the services", &settings)
        Self.checkChoice(
            [Variable.tracesCompression, Variable.compression], "none",
            "must be none or unset: the services do not compress spans, and every collector accepts that", &settings)
        var exporter = SpanExporter.Configuration(url: url)
        exporter.headers = Self.headers(&settings)
        Self.setFiles(of: &exporter, &settings)
        // Here names are encoded too (OpenTelemetry, Resource SDK).
        let attributes = Self.pairs(Variable.resource, &settings) ?? []
        exporter.resource = Dictionary(attributes.map { ($0.removingPercentEncoding ?? $0, $1) }) { $1 }
        exporter.resource["service.name"] =
            settings.string(Variable.serviceName) ?? exporter.resource["service.name"] ?? name
        let timeout = Self.milliseconds(Variable.timeout, default: 10000, &settings)
        exporter.timeout = .milliseconds(Self.milliseconds(Variable.tracesTimeout, default: timeout, &settings))
        exporter.delay = .milliseconds(Self.milliseconds(Variable.delay, default: 5000, &settings))
        self.exporter = exporter
        sampler = Self.sampler(&settings)
        queueSize = settings.integer(Variable.queueSize, default: queueSize, in: 1...Self.maximumQueueSize)
        batchSize = settings.integer(
            Variable.batchSize, default: min(batchSize, queueSize), in: 1...max(1, queueSize))
    }

    /// Makes all spans of the process go to the collector, and returns the service that sends them; nil if nothing is recorded.
    ///
    /// To use another tracer, such as that of swift-otel, change this function.
    func bootstrap() -> (any Service)? {
        let queue = exporter.map { _ in SpanQueue(maximumCount: queueSize, batchCount: batchSize) }
        InstrumentationSystem.bootstrap(OTLPTracer(sampler: sampler, queue: queue))
        guard let queue, let exporter else { return nil }
        return SpanExporter(of: queue, exporter)
    }

    /// The URL of the collector; nil without an endpoint, or if traces are switched off. Only the general endpoint gets a path
    /// (OTLP Exporter, "Endpoint URLs for OTLP/HTTP").
    private static func url(_ settings: inout Settings) -> String? {
        for (variable, path) in [(Variable.tracesEndpoint, ""), (Variable.endpoint, "/v1/traces")] {
            guard let text = settings.string(variable) else { continue }
            guard !isSwitchedOff(&settings) else { return nil }
            let isSlashed = !path.isEmpty && text.hasSuffix("/")
            if let url = CanonicalURL(isSlashed ? String(text.dropLast()) : text) { return url.text + path }
            settings.reject(variable, "must be a URL like http://localhost:4318\(path)")
        }
        return nil
    }

    private static func isSwitchedOff(_ settings: inout Settings) -> Bool {
        // The specification reads truth values and the names of choices without regard to case.
        let isDisabled = settings.string(Variable.isDisabled)?.lowercased() ?? "false"
        if Bool(isDisabled) == nil { settings.reject(Variable.isDisabled, "must be true or false") }
        let hasExporter = settings.choice(
            Variable.exporter, default: true, from: ["otlp": true, "none": false], ignoresCase: true)
        return isDisabled == "true" || !hasExporter
    }

    /// Rejects a way to export that the exporter does not know. The variable of traces takes precedence.
    private static func checkChoice(_ variables: [String], _ only: String, _ reason: String, _ settings: inout Settings)
    {
        guard let (variable, text) = first(variables, &settings), text.lowercased() != only else { return }
        settings.reject(variable, reason)
    }

    /// The first variable of a list that is set, with its text; nil if none is set.
    private static func first(_ variables: [String], _ settings: inout Settings) -> (variable: String, text: String)? {
        for variable in variables {
            if let text = settings.string(variable) { return (variable, text) }
        }
        return nil
    }

    /// The path of a PEM file. The variable of traces takes precedence.
    private static func pemFile(_ variables: [String], isKey: Bool = false, _ settings: inout Settings) -> String? {
        guard let (variable, path) = first(variables, &settings) else { return nil }
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        if !text.contains(isKey ? "PRIVATE KEY-----" : "CERTIFICATE-----") {
            let kind = isKey ? "private key" : "certificate"
            settings.reject(variable, "must be the path of a PEM file with a \(kind) that the service can read")
        } else if isKey, text.contains("-----BEGIN ENCRYPTED") || text.contains(",ENCRYPTED") {
            settings.reject(variable, "must name a private key without a passphrase; nobody could enter one")
        }
        return path
    }

    /// Sets the files of TLS. A certificate of the exporter is of no use without its private key.
    private static func setFiles(of exporter: inout SpanExporter.Configuration, _ settings: inout Settings) {
        exporter.trustedAuthoritiesPath = pemFile([Variable.tracesAuthorities, Variable.authorities], &settings)
        let certificate = pemFile([Variable.tracesClientCertificate, Variable.clientCertificate], &settings)
        let key = pemFile([Variable.tracesClientKey, Variable.clientKey], isKey: true, &settings)
        if certificate != nil, key == nil {
            settings.reject(Variable.clientKey, "must name the private key of the client's certificate")
        }
        if certificate == nil, key != nil {
            settings.reject(Variable.clientCertificate, "must name the certificate of the client's private key")
        }
        (exporter.clientCertificatePath, exporter.clientKeyPath) = (certificate, key)
    }

    private static func milliseconds(_ variable: String, default fallback: Int, _ settings: inout Settings) -> Int {
        settings.integer(variable, default: fallback, in: 1...maximumMilliseconds)
    }

    /// The header fields of each export. Those of traces replace the general ones, which may have the credential of another
    /// collector (OTLP Exporter, "Configuration Options").
    private static func headers(_ settings: inout Settings) -> HTTPFields {
        var fields = HTTPFields()
        for variable in [Variable.tracesHeaders, Variable.headers] {
            guard let pairs = pairs(variable, isSecret: true, &settings) else { continue }
            for (name, value) in pairs {
                guard let name = HTTPField.Name(name), SpanExporter.Configuration.allowsHeader(name),
                    HTTPField.isValidValue(value)
                else {
                    settings.reject(
                        variable, "must be header fields like name=value,name=value, without host and others of HTTP")
                    continue
                }
                fields[name] = value
            }
            break
        }
        return fields
    }

    /// The value of a list `name=value,name=value` with percent-encoded values (W3C Baggage), in its order; nil if the variable
    /// is not set. The last of several equal names counts.
    private static func pairs(
        _ variable: String, isSecret: Bool = false, _ settings: inout Settings
    ) -> [(String, String)]? {
        guard let text = settings.string(variable, isSecret: isSecret) else { return nil }
        var pairs: [(String, String)] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard parts.count == 2, !parts[0].isEmpty, let value = parts[1].removingPercentEncoding else {
                settings.reject(variable, "must be a list like name=value,name=value with percent-encoded values")
                continue
            }
            pairs.append((parts[0], value))
        }
        return pairs
    }

    private static func sampler(_ settings: inout Settings) -> Sampler {
        // A ratio of nil is that of the argument, which the other samplers ignore.
        let samplers: [String: (ratio: Double?, isParentBased: Bool)] = [
            "always_on": (1, false), "always_off": (0, false), "traceidratio": (nil, false),
            "parentbased_always_on": (1, true), "parentbased_always_off": (0, true),
            "parentbased_traceidratio": (nil, true),
        ]
        let sampler = settings.choice(
            Variable.sampler, default: (ratio: 1, isParentBased: true), from: samplers, ignoresCase: true)
        return Sampler(ratio: sampler.ratio ?? ratio(&settings), isParentBased: sampler.isParentBased)
    }

    private static func ratio(_ settings: inout Settings) -> Double {
        guard let text = settings.string(Variable.samplerArgument) else { return 1 }
        guard let ratio = Double(text), (0...1).contains(ratio) else {
            settings.reject(Variable.samplerArgument, "must be a number from 0 to 1")
            return 1
        }
        return ratio
    }
}

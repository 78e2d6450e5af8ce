import Configuration
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import OTLPTracing
@testable import ServiceRuntime

@Suite struct TraceSettingsTests {
    private func settings(_ environment: [String: String]) throws -> TraceSettings {
        try Settings.read(ConfigReader(environment: environment)) { TraceSettings(of: "orders", &$0) }
    }

    @Test func `nothing is recorded without an endpoint, or when it is switched off`() throws {
        #expect(try settings([:]).exporter == nil)
        #expect(try settings(["OTEL_SERVICE_NAME": "shop", "OTEL_TRACES_SAMPLER": "always_on"]).exporter == nil)
        let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"]
        // A deployment may configure the collector for all containers, and switch some off.
        let unusable = endpoint.merging(["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"]) { $1 }
        for (variable, value) in [
            ("OTEL_SDK_DISABLED", "true"), ("OTEL_SDK_DISABLED", "True"), ("OTEL_SDK_DISABLED", "TRUE"),
            ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_TRACES_EXPORTER", "None"),
        ] {
            #expect(try settings(unusable.merging([variable: value]) { $1 }).exporter == nil)
        }
        for (variable, value) in [
            ("OTEL_SDK_DISABLED", "false"), ("OTEL_SDK_DISABLED", "False"), ("OTEL_TRACES_EXPORTER", "otlp"),
        ] {
            #expect(try settings(endpoint.merging([variable: value]) { $1 }).exporter != nil)
        }
    }

    @Test func `the names of choices may have capital letters`() throws {
        let settings = try settings([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "HTTP/JSON",
            "OTEL_TRACES_EXPORTER": "OTLP", "OTEL_EXPORTER_OTLP_COMPRESSION": "None",
            "OTEL_TRACES_SAMPLER": "ParentBased_TraceIDRatio", "OTEL_TRACES_SAMPLER_ARG": "0.5",
        ])
        #expect(settings.exporter != nil)
        #expect(settings.sampler == Sampler(ratio: 0.5, isParentBased: true))
    }

    @Test func `the files of TLS are those of the variables, and those of traces replace the general ones`() throws {
        let folder = try TemporaryFolder()
        let (general, own) = (folder.path("general.pem"), folder.path("own.pem"))
        for path in [general, own] { try Self.pem(["CERTIFICATE", "PRIVATE KEY"]).write(to: URL(filePath: path)) }
        var environment = ["OTEL_EXPORTER_OTLP_ENDPOINT": "https://localhost:4318"]
        for name in Self.fileNames { environment["OTEL_EXPORTER_OTLP_\(name)"] = general }
        var exporter = try settings(environment).exporter
        #expect(exporter?.trustedAuthoritiesPath == general)
        #expect(exporter?.clientCertificatePath == general)
        #expect(exporter?.clientKeyPath == general)
        for name in Self.fileNames { environment["OTEL_EXPORTER_OTLP_TRACES_\(name)"] = own }
        exporter = try settings(environment).exporter
        #expect(exporter?.trustedAuthoritiesPath == own)
        #expect(exporter?.clientCertificatePath == own)
        #expect(exporter?.clientKeyPath == own)
    }

    @Test func `a file of TLS that cannot be used is rejected`() throws {
        let folder = try TemporaryFolder()
        for (name, labels) in [
            ("certificate", ["CERTIFICATE"]), ("key", ["PRIVATE KEY"]), ("encrypted", ["ENCRYPTED PRIVATE KEY"]),
            ("empty", []),
        ] { try Self.pem(labels).write(to: folder.file(name)) }
        for (variable, file, rejected) in [
            ("CERTIFICATE", "none", "CERTIFICATE"), ("CERTIFICATE", "empty", "CERTIFICATE"),
            ("CERTIFICATE", "key", "CERTIFICATE"), ("TRACES_CERTIFICATE", "", "TRACES_CERTIFICATE"),
            ("CLIENT_CERTIFICATE", "certificate", "CLIENT_KEY"), ("CLIENT_KEY", "key", "CLIENT_CERTIFICATE"),
        ] {
            let error = #expect(throws: ConfigurationError.self, "\(variable) \(file)") {
                try settings([
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://localhost:4318",
                    "OTEL_EXPORTER_OTLP_\(variable)": file.isEmpty ? folder.path : folder.path(file),
                ])
            }
            #expect(error?.invalidVariables.map(\.name) == ["OTEL_EXPORTER_OTLP_\(rejected)"])
        }
        for file in ["certificate", "encrypted"] {
            let error = #expect(throws: ConfigurationError.self) {
                try settings([
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://localhost:4318",
                    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": folder.path("certificate"),
                    "OTEL_EXPORTER_OTLP_CLIENT_KEY": folder.path(file),
                ])
            }
            #expect(error?.invalidVariables.map(\.name) == ["OTEL_EXPORTER_OTLP_CLIENT_KEY"])
        }
    }

    private static let fileNames = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"]

    /// The text of a PEM file with these labels. Only a connection reads what it contains.
    private static func pem(_ labels: [String]) -> Data {
        Data(labels.map { "-----BEGIN \($0)-----\nAAAA\n-----END \($0)-----\n" }.joined().utf8)
    }

    @Test func `the protocol of traces replaces the general one`() throws {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json",
        ]
        #expect(try settings(environment).exporter != nil)
    }

    @Test func `the header fields of traces replace the general ones`() throws {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20a", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-b=2",
        ]
        #expect(try settings(environment).exporter?.headers == [.constant("x-b"): "2"])
    }

    @Test func `the last of several equal header fields counts`() throws {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
            "OTEL_EXPORTER_OTLP_HEADERS": "abc=1,Abc=2,aBc=3,abC=4,ABc=5,aBC=6,AbC=7,ABC=8",
        ]
        #expect(try settings(environment).exporter?.headers[.constant("abc")] == "8")
    }

    @Test(arguments: [nil, "always_on", "parentbased_always_on"])
    func `only the sampler of a ratio reads the argument`(sampler: String?) throws {
        var environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_TRACES_SAMPLER_ARG": "endpoint=http://c",
        ]
        environment["OTEL_TRACES_SAMPLER"] = sampler
        #expect(try settings(environment).sampler.ratio == 1)
    }

    @Test(arguments: [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318", "http://localhost:4318/v1/traces"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c.example/otlp/", "https://c.example/otlp/v1/traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/spans", "http://localhost:4318/spans"),
    ])
    func `only the general endpoint gets the path of traces`(variable: String, value: String, url: String) throws {
        #expect(try settings([variable: value]).exporter?.url == url)
    }

    @Test func `an endpoint alone gives the defaults of OpenTelemetry`() throws {
        let settings = try settings(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"])
        #expect(settings.exporter?.resource == ["service.name": "orders"])
        #expect(settings.exporter?.headers == [:])
        #expect(settings.exporter?.timeout == .seconds(10))
        #expect(settings.exporter?.delay == .seconds(5))
        #expect(settings.sampler == Sampler(ratio: 1, isParentBased: true))
        #expect(settings.queueSize == 2048)
        #expect(settings.batchSize == 512)
    }

    @Test func `each variable sets its value`() throws {
        let settings = try settings([
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:1/a",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:2",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20a, x-b=2",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1000", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "2000",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment.name=test%2C1,a%3Db=c=d",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_BSP_SCHEDULE_DELAY": "50",
        ])
        #expect(settings.exporter?.url == "http://localhost:1/a")
        #expect(settings.exporter?.headers[.authorization] == "Basic a")
        #expect(settings.exporter?.headers[.constant("x-b")] == "2")
        #expect(settings.exporter?.timeout == .seconds(2))
        #expect(settings.exporter?.delay == .milliseconds(50))
        #expect(
            settings.exporter?.resource == [
                "service.name": "a", "deployment.environment.name": "test,1", "a=b": "c=d",
            ])
        #expect(settings.sampler == Sampler(ratio: 0.25, isParentBased: true))
        #expect(settings.queueSize == 100)
        #expect(settings.batchSize == 10)
    }

    @Test(arguments: [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"), ("OTEL_EXPORTER_OTLP_HEADERS", "authorization"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "host=x"), ("OTEL_EXPORTER_OTLP_HEADERS", "Content-Length=1"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "te=trailers"), ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_TRACES_SAMPLER", "parentbased_jaeger_remote"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"), ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=1"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=%0A"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%"), ("OTEL_RESOURCE_ATTRIBUTES", "=1"), ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.1"), ("OTEL_TRACES_SAMPLER_ARG", "nan"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2049"), ("OTEL_BSP_SCHEDULE_DELAY", "-1"), ("OTEL_SDK_DISABLED", "yes"),
    ])
    func `an invalid value is rejected`(variable: String, value: String) {
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318", "OTEL_TRACES_SAMPLER": "traceidratio",
        ].merging([variable: value]) { $1 }
        let error = #expect(throws: ConfigurationError.self) { try settings(environment) }
        #expect(error?.invalidVariables.map(\.name) == [variable])
        #expect(error?.description.contains("authorization") == false)
    }
}

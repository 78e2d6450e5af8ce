import Configuration
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
        #expect(try settings(endpoint.merging(["OTEL_SDK_DISABLED": "true"]) { $1 }).exporter == nil)
        #expect(try settings(endpoint.merging(["OTEL_SDK_DISABLED": "false"]) { $1 }).exporter != nil)
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
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20a, x-b=1",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-b=2",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1000", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "2000",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment.name=test%2C1",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_BSP_SCHEDULE_DELAY": "50",
        ])
        #expect(settings.exporter?.url == "http://localhost:1/a")
        #expect(settings.exporter?.headers[.authorization] == "Basic a")
        #expect(settings.exporter?.headers[.constant("x-b")] == "2")
        #expect(settings.exporter?.timeout == .seconds(2))
        #expect(settings.exporter?.delay == .milliseconds(50))
        #expect(settings.exporter?.resource == ["service.name": "a", "deployment.environment.name": "test,1"])
        #expect(settings.sampler == Sampler(ratio: 0.25, isParentBased: true))
        #expect(settings.queueSize == 100)
        #expect(settings.batchSize == 10)
    }

    @Test(arguments: [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"), ("OTEL_EXPORTER_OTLP_HEADERS", "authorization"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=1"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=%0A"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%"), ("OTEL_RESOURCE_ATTRIBUTES", "=1"), ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.1"), ("OTEL_TRACES_SAMPLER_ARG", "nan"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2049"), ("OTEL_BSP_SCHEDULE_DELAY", "-1"), ("OTEL_SDK_DISABLED", "yes"),
    ])
    func `an invalid value is rejected`(variable: String, value: String) {
        let environment = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"].merging([variable: value]) { $1 }
        let error = #expect(throws: ConfigurationError.self) { try settings(environment) }
        #expect(error?.invalidVariables.map(\.name) == [variable])
        #expect(error?.description.contains("authorization") == false)
    }
}

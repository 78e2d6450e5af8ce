import Configuration
import Hummingbird
import HummingbirdTesting
import ServiceRuntime

/// The context of a service that has no door.
struct PlainContext: ServiceRequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }
}

func reader(_ environment: [String: String]) -> ConfigReader {
    ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
}

/// An application with one route, `/echo`, built as every service is.
func application(
    _ environment: [String: String] = [:], checks: [Readiness.Check] = []
) throws -> some ApplicationProtocol {
    struct Echo: Decodable {
        let text: String
        let number: JSONInteger
        let items: [Item]?
        struct Item: Decodable { let quantity: JSONInteger }
    }
    struct Unexpected: Error {}
    let settings = try Settings.read(reader(["PORT": "0", "LOG_LEVEL": "critical"].merging(environment) { $1 })) {
        ServiceSettings(name: "test", defaultPort: 0, &$0)
    }
    let router = settings.router(context: PlainContext.self, readiness: checks)
    router.post("echo") { request, context in try await request.decode(as: Echo.self, context: context).text }
    router.get("fail") { _, _ -> String in throw Unexpected() }
    router.get("scope") { _, _ in RequestScope.current?.onwardFields[.requestID] ?? "none" }
    return try settings.application(
        router: router, description: OpenAPIDocument(of: settings), services: [])
}

import CurlClient
import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct LogPipeTests {
    @Test(arguments: ["text", "json"])
    func `a service whose log nobody reads answers all requests and stops on SIGTERM`(format: String) async throws {
        let folder = try TemporaryFolder()
        let port = try await withCluster(running: []) { try await $0.unusedPort() }
        let log = Pipe()
        let service = Process()
        service.executableURL = Cluster.executables.appending(path: "catalog")
        service.currentDirectoryURL = folder.url
        service.environment = [
            "JWT_SECRET": TokenMint.secret, "PORT": "\(port)", "LOG_FORMAT": format,
            "DATABASE_URL": try folder.databaseURL,
        ]
        service.standardError = log
        try service.launchAlone()
        defer { service.terminate() }
        let http = HTTPClient()
        #expect(
            try await eventually {
                (try? await http.execute(.init(url: "http://localhost:\(port)/healthz"))) != nil
            })
        // The pipe holds 64 KiB, and each request logs more than 100 bytes.
        for _ in 0..<1000 {
            let response = try await http.execute(
                .init(url: "http://localhost:\(port)/nothing", deadline: .seconds(20)))
            #expect(response.status.code == 404)
        }
        service.terminate()
        #expect(try await eventually { !service.isRunning })
        #expect(service.terminationReason == .exit && service.terminationStatus == 0)
    }

    @Test func `a service that stops writes the lines of all its requests`() async throws {
        let requestID = try #require(HTTPField.Name("X-Request-Id"))
        try await withCluster(running: [.inbox], environment: ["LOG_LEVEL": "info"]) { cluster in
            for number in 0..<200 {
                _ = try await cluster.send(.get, .inbox, "/nothing", headers: [requestID: "request-\(number)"])
            }
            try await cluster.stop(.inbox)
            let log = try cluster.log(.inbox)
            for number in 0..<200 {
                #expect(log.contains("hb.request.id=request-\(number) [access] GET NotFound 404"))
            }
        }
    }
}

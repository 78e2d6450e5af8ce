import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: ServiceName.exist(ServiceName.shop)))
struct `The documentation page` {
    /// The field for the token of a user: the last one, because the page sorts them by their names.
    private static let userToken = ".auth-container:last-of-type"
    private static let swaggerUI = Cluster.project.appending(path: "swagger-ui").path

    @Test func `the documentation page lets people sign in, paste the token, order and see the order`() async throws {
        try #require(
            FileManager.default.fileExists(atPath: "\(Self.swaggerUI)/VERSION"), "To fetch it: scripts/swagger-ui")
        let environment = ["SWAGGER_UI": Self.swaggerUI]
        try await withCluster(running: [.login, .catalog, .orders], environment: environment) { cluster in
            try await withBrowser(in: cluster) { browser in
                try await browser.openDocumentation(cluster.url(.login))
                let grant = try await browser.tryOut("tokens-issueToken")
                #expect(grant.status == "200", "\(grant.body)")
                let token = try #require(grant.body.firstMatch(of: /"access_token": "([^"]+)"/)?.1)

                try await browser.openDocumentation(cluster.url(.orders))
                #expect(try await browser.tryOut("orders-listOrders").status == "401")
                _ = try await browser.consoleMessages()
                try await browser.click(".auth-wrapper .authorize")
                try await browser.fill("\(Self.userToken) #auth-bearer-value", String(token))
                try await browser.click("\(Self.userToken) .authorize")
                try await browser.click(".modal-ux .close-modal")
                #expect(try await browser.tryOut("orders-placeOrder").status == "201")
                let orders = try await browser.tryOut("orders-listOrders")
                #expect(orders.status == "200")
                #expect(orders.body.contains("Desk lamp"))
                #expect(try await browser.consoleMessages() == [])
            }
        }
    }
}

extension Chromium {
    /// Opens `/docs` of the service at an address, and waits until the page lists every operation of its description.
    fileprivate func openDocumentation(_ service: String) async throws {
        try await open("\(service)/docs")
        #expect(try await sees("document.querySelector('.opblock')"))
        let described: Int = try await awaited(
            """
            fetch('/openapi.json').then((response) => response.json()).then(({ paths }) =>
              Object.values(paths).flatMap((path) => Object.keys(path).filter((key) => key !== 'parameters')).length)
            """)
        #expect(described > 5)
        #expect(try await value("document.querySelectorAll('.opblock').length") == described)
        #expect(try await consoleMessages() == [])
    }

    /// Executes an operation with the values of its example, and returns the response that the page shows.
    fileprivate func tryOut(_ operation: String) async throws -> (status: String, body: String) {
        let block = "#operations-\(operation)"
        if try await !value("Boolean(document.querySelector('\(block).is-open'))") {
            try await click("\(block) .opblock-summary-control")
            try await click("\(block) .try-out__btn")
        }
        if try await value("Boolean(document.querySelector('\(block) .btn-clear'))") {
            try await click("\(block) .btn-clear")
        }
        try await click("\(block) .execute")
        let response = "\(block) .live-responses-table .response"
        return (try await text("\(response) .response-col_status"), try await text("\(response) .highlight-code"))
    }
}

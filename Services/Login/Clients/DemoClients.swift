import Foundation

/// The clients that exist with `DEMO_DATA=on`: `demo-web`, `demo-cli` and `demo-job`.
///
/// The documentation contains their secret. A system that other people can reach must not have these clients.
enum DemoClients {
    static let secret = "demo-secret-not-for-production"

    /// Registers the missing clients. Existing clients stay as they are.
    static func add(to clients: ClientStore, at now: Date) async throws {
        for client in all { _ = try await clients.add(client, at: now) }
    }

    /// A program on a server, a program on a person's computer, and a program that runs without a person.
    private static var all: [Client] {
        [
            ofPeople("demo-web", "Demo web", ClientSecret(secret), redirectURI: "http://localhost:8090/callback"),
            ofPeople("demo-cli", "Demo command line", nil, redirectURI: "http://127.0.0.1/callback"),
            ClientName("Demo job").map { name in
                Client(
                    id: "demo-job", name: name, secretHash: ClientSecret(secret).hash,
                    grantTypes: [.clientCredentials], scope: Scope(names: ["orders:read:all"]), audience: ["orders"],
                    redirectURIs: [])
            },
        ].compactMap { $0 }
    }

    private static func ofPeople(
        _ id: String, _ name: String, _ secret: ClientSecret?, redirectURI: String
    ) -> Client? {
        guard let name = ClientName(name), let redirectURI = RedirectURI(redirectURI) else { return nil }
        return Client(
            id: id, name: name, secretHash: secret?.hash, grantTypes: [.authorizationCode, .refreshToken],
            scope: .customer, audience: ["catalog", "orders", "inbox"], redirectURIs: [redirectURI])
    }
}

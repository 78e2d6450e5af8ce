import ArgumentParser
import Libcrypto
import ServiceRuntime

/// `login clients …`: manages the registered clients in the database of login, also while the service runs.
struct ClientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clients", abstract: "Register clients, list and remove them, replace a secret.",
        discussion: """
            DATABASE_URL names the database. A client may use only the grants, scopes, services and redirect URIs that it \
            was registered with. All services reject the tokens of a removed client at once.
            """,
        subcommands: [Add.self, List.self, Remove.self, RotateSecret.self])

    struct Add: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a client, and print its id and its secret. The secret is shown only now.")
        @Argument(help: "The name that people see when they allow the client.") var name: ClientName
        @Flag(name: .customLong("public"), help: "The client cannot keep a secret, as a program on people's devices.")
        var isPublic = false
        @Option(name: .customLong("redirect-uri"), help: "A URI to which browsers return; repeat it for more.")
        var redirectURIs: [RedirectURI] = []
        @Option(name: .customLong("grant"), help: "authorization_code, refresh_token or client_credentials.")
        var grantTypes: [Client.GrantType] = []
        @Option(name: .customLong("scope"), help: "A scope, such as orders:read; repeat it for more.")
        var scopes: [String] = []
        @Option(name: .customLong("audience"), help: "A service, such as orders; repeat it for more.")
        var audience: [String] = []

        func run() async throws {
            let (store, services) = try openClients()
            let secret = isPublic ? nil : ClientSecret()
            let client = Client(
                id: Client.newID(), name: name, secretHash: secret?.hash, grantTypes: grantTypes.withoutRepetitions,
                scope: try known(scopes, of: Scope.customer.union(.staff).names, "scope"),
                audience: try known(audience, of: services, "service").names, redirectURIs: redirectURIs)
            guard try await store.add(client, at: WallClock.system.now()) else { throw CommandError.idTaken }
            print("client_id: \(client.id)")
            if let secret { print("client_secret: \(secret.text)") }
        }

        /// The names in the order of `known`, each once.
        private func known(_ names: [String], of known: [String], _ kind: String) throws(ValidationError) -> Scope {
            let names = names.flatMap { $0.split(separator: " ").map(String.init) }
            if let name = names.first(where: { !known.contains($0) }) {
                throw ValidationError("There is no \(kind) \(name). Known are: \(known.joined(separator: ", ")).")
            }
            return Scope(names: known.filter(names.contains))
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print one line for each client: id, name, kind, grants, scope, services, redirect URIs.")

        func run() async throws {
            for client in try await openClients().store.list() { print(client.line) }
        }
    }

    struct Remove: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a client, end the sessions that people have at it, and revoke its tokens.")
        @Argument(help: "The id of the client.") var id: String

        func run() async throws {
            guard try await openClients().store.remove(id, at: WallClock.system.now()) else {
                throw CommandError.noClient(id: id)
            }
            print("removed: \(id)")
        }
    }

    struct RotateSecret: DatabaseCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-secret",
            abstract: "Replace the secret of a client, and print the new one. Tokens stay valid.")
        @Argument(help: "The id of the client.") var id: String

        func run() async throws {
            let secret = ClientSecret()
            guard try await openClients().store.replaceSecret(of: id, with: secret) else {
                throw CommandError.noConfidentialClient(id: id)
            }
            print("client_id: \(id)\nclient_secret: \(secret.text)")
        }
    }
}

extension Client {
    private static let idBytes = 16

    /// A random id of 32 lower-case hexadecimal digits.
    fileprivate static func newID() -> String {
        randomBytes(idBytes).hexadecimal
    }

    /// The properties of the client, separated by tabs.
    fileprivate var line: String {
        [
            id, name.text, isPublic ? "public" : "confidential", grantTypes.map(\.rawValue).joined(separator: " "),
            scope.text, audience.joined(separator: " "), redirectURIs.map(\.text).joined(separator: " "),
        ].joined(separator: "\t")
    }
}

extension [Client.GrantType] {
    fileprivate var withoutRepetitions: Self { Client.GrantType.allCases.filter(contains) }
}

extension ClientName: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}

extension RedirectURI: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}

extension Client.GrantType: ExpressibleByArgument {}

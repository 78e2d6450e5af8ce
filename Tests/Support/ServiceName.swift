public import Foundation

/// The name of a service, which is the name of its executable.
///
/// `Services/services.txt` lists the services that exist. The constants name those that tests know, and a test that needs
/// one of them is enabled if it exists: `.enabled(if: ServiceName.exist([.orders]))`.
public struct ServiceName: RawRepresentable, Hashable, Sendable {
    /// The name, such as `orders`.
    public let rawValue: String

    /// Creates the name of a service, whether the service exists or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Accounts, sessions and tokens.
    public static let login = ServiceName(rawValue: "login")
    /// Products and their stock.
    public static let catalog = ServiceName(rawValue: "catalog")
    /// Orders of customers.
    public static let orders = ServiceName(rawValue: "orders")
    /// Messages to customers.
    public static let inbox = ServiceName(rawValue: "inbox")
    /// Notes behind four mechanisms of authentication.
    public static let compare = ServiceName(rawValue: "compare")
}

extension ServiceName: CaseIterable, CustomStringConvertible {
    /// The services that exist, in the order of the list.
    public static let allCases = entries.map(\.service)

    /// The services that `scripts/up` starts without an option.
    public static let standard = entries.filter { !$0.isOptional }.map(\.service)

    /// The services of the shop: customers order the products of catalog, and get messages.
    public static let shop: [ServiceName] = [.login, .catalog, .orders, .inbox]

    /// Whether the services are those with which the project is delivered. Tests that describe this list are enabled then.
    public static let isListUnchanged = allCases == shop + [.compare]

    /// The names of all services, separated by spaces, as in `TOKEN_AUDIENCES`.
    public static let allNames = allCases.map(\.rawValue).joined(separator: " ")

    /// Whether all of these services exist.
    public static func exist(_ services: [ServiceName]) -> Bool { services.allSatisfy(allCases.contains) }

    /// The port of the service unless `PORT` names another; nil if the service does not exist.
    public var standardPort: Int? { Self.entries.first { $0.service == self }?.port }

    /// The name.
    public var description: String { rawValue }
}

extension ServiceName {
    /// The file that lists the services.
    public static let list = Cluster.project.appending(path: "Services/services.txt")

    private static let entries: [(service: ServiceName, port: Int, isOptional: Bool)] = {
        guard let text = try? String(contentsOf: list, encoding: .utf8) else { fatalError("There is no file \(list)") }
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 1, let port = Int(words[1]) else { return nil }
            return (
                service: ServiceName(rawValue: String(words[0])), port: port, isOptional: words.last == "optional"
            )
        }
    }()
}

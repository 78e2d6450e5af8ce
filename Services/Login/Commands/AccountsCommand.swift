import ArgumentParser
import ServiceRuntime

/// `login accounts …`: manages accounts in the database of login, also while the service runs.
struct AccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts", abstract: "List accounts, grant and revoke scopes, disable and enable.",
        discussion: """
            DATABASE_URL names the database. All services reject the tokens of a disabled account at once. Granted and \
            revoked scopes take effect with the next sign-in or refresh; issued access tokens keep their scope until \
            they expire.
            """,
        subcommands: [List.self, Grant.self, Revoke.self, Disable.self, Enable.self])

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(abstract: "Print one line for each account.")

        func run() async throws {
            for account in try await openAccounts().list() { print(account.line) }
        }
    }

    struct Grant: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Grant scopes to an account, in addition to those that it has.")
        @Argument(help: "The name of the account.") var name: Username
        @Argument(help: "Scopes, such as catalog:write orders:read:all.") var scopes: [String]

        func run() async throws {
            switch try await openAccounts().grant(try Scope(arguments: scopes), to: name) {
            case .granted(let account): print(account.line)
            case .noAccount: throw CommandError.noAccount(name)
            case .scopeTooLong: throw CommandError.scopeTooLong(name)
            }
        }
    }

    struct Revoke: DatabaseCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke scopes of an account.")
        @Argument(help: "The name of the account.") var name: Username
        @Argument(help: "Scopes, such as catalog:write.") var scopes: [String]

        func run() async throws {
            let account = try await openAccounts().revoke(try Scope(arguments: scopes), from: name)
            guard let account else { throw CommandError.noAccount(name) }
            print(account.line)
        }
    }

    struct Disable: DatabaseCommand {
        static let configuration = CommandConfiguration(abstract: "Disable an account and end its sessions.")
        @Argument(help: "The name of the account.") var name: Username

        func run() async throws { try await openAccounts().setDisabled(true, name) }
    }

    struct Enable: DatabaseCommand {
        static let configuration = CommandConfiguration(abstract: "Enable a disabled account.")
        @Argument(help: "The name of the account.") var name: Username

        func run() async throws { try await openAccounts().setDisabled(false, name) }
    }
}

extension AccountStore {
    fileprivate func setDisabled(_ isDisabled: Bool, _ name: Username) async throws {
        let account = try await setDisabled(isDisabled, name, at: WallClock.system.now())
        guard let account else { throw CommandError.noAccount(name) }
        print(account.line)
    }
}

extension Account {
    /// The name, id, state and scope of the account, separated by tabs.
    fileprivate var line: String {
        [username, id.lowercase, isDisabled ? "disabled" : "enabled", scope.text].joined(separator: "\t")
    }
}

extension Scope {
    fileprivate init(arguments: [String]) throws {
        guard let scope = Scope(arguments.joined(separator: " ")) else {
            throw ValidationError("Name each scope once, in the form of catalog:write.")
        }
        self = scope
    }
}

extension Username: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}

/// A command with correct arguments that cannot be carried out. The exit status is 1.
enum CommandError: Error, CustomStringConvertible {
    case noAccount(Username)
    /// The scope of the account would be too long for its tokens.
    case scopeTooLong(Username)
    case idTaken
    case noClient(id: String)
    case noConfidentialClient(id: String)
    /// The folder of the database belongs to a user as whom root cannot act.
    case foreignFolder(path: String, owner: Int)

    var description: String {
        switch self {
        case .noAccount(let name): "There is no account \(name.text). To list them: login accounts list"
        case .scopeTooLong(let name):
            """
            The scopes of an account have at most \(AccountStore.maximumScopeBytes) bytes, because each token carries \
            them. Revoke scopes that \(name.text) does not need first.
            """
        case .idTaken: "The random id is taken. Run the command again."
        case .noClient(let id): "There is no client \(id). To list them: login clients list"
        case .noConfidentialClient(let id):
            "There is no client \(id) that has a secret. To list them: login clients list"
        case .foreignFolder(let path, let owner):
            "The folder \(path) belongs to user \(owner), and root cannot act as that user. Run this as user \(owner)."
        }
    }
}

import Hummingbird
import JWTAuth
import ServiceRuntime

/// `POST /signup`: makes an account.
struct SignupRoutes: Sendable {
    let accounts: AccountStore
    let hasher: PasswordHasher
    let clock: WallClock

    func add(to router: Router<DoorContext>) {
        router.post("signup", use: signup)
    }

    private struct Signup: Decodable {
        let username: String
        let password: String
    }

    private struct Answer: ResponseEncodable {
        let account_id: String
        let username: String
    }

    private func signup(_ request: Request, _ context: DoorContext) async throws -> EditedResponse<Answer> {
        let signup = try await request.decode(as: Signup.self, context: context)
        let (username, password) = try checked(signup)
        guard try await !accounts.exists(username) else { throw Self.taken }
        let hash = try await hasher.hash(password)
        guard let account = try await accounts.create(username, password: hash, scope: .customer, at: clock.now())
        else {
            throw Self.taken
        }
        return EditedResponse(
            status: .created, response: Answer(account_id: account.id.lowercase, username: account.username))
    }

    /// Name and password, or everything that is wrong with them.
    private func checked(_ signup: Signup) throws -> (Username, Password) {
        let (username, password) = (Username(signup.username), Password(signup.password))
        var faults: [Problem.InvalidField] = []
        if username == nil { faults.append(.init("username", Username.rule)) }
        if let objection = Password.objection(to: signup.password, username: signup.username) {
            faults.append(.init("password", objection))
        }
        guard let username, let password, faults.isEmpty else { throw Problem.unprocessable(faults) }
        return (username, password)
    }

    private static let taken = Problem.conflict(code: "username_taken", "This name is taken; choose another.")
}

import ArgumentParser
import JWT

/// `jwt sign`: signs claims from standard input.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign claims and print the token.",
        discussion: """
            The claims are a JSON object on standard input. --claim adds more. Without an iat, the current time is added. \
            Without an exp, --expires-in determines it.
            """)

    @OptionGroup var keys: KeyOptions
    @Option(help: "HS256, HS384 or HS512. With a key file, its first key of this algorithm signs.")
    var algorithm: Algorithm?
    @Option(help: "The lifetime of the token in seconds, at least 1.") var expiresIn: Int64 = 600
    @Option(
        name: .customLong("claim"),
        help: ArgumentHelp("Add a claim. A value that is not JSON becomes a string.", valueName: "name=value"))
    var claims: [String] = []
    @Option(help: "The type of the token (typ).") var typ = "JWT"

    func validate() throws {
        try keys.checkThatOneIsGiven()
        guard expiresIn > 0 else { throw ValidationError("--expires-in must be at least 1.") }
    }

    func run() throws {
        let key = try keys.keySet(for: algorithm.map { [$0] }).signingKey
        var members = try Console.hasInput ? Self.object(Console.readInput()) : []
        for claim in claims {
            guard let equals = claim.firstIndex(of: "=") else {
                throw CommandError(.malformed, "--claim needs the form name=value")
            }
            let (name, text) = (String(claim[..<equals]), String(claim[claim.index(after: equals)...]))
            members.append(.init(name, Self.value(text)))
        }
        let now = NumericDate.now
        if !members.contains(where: { $0.name == "iat" }) { members.append(.init("iat", .integer(now.seconds))) }
        if !members.contains(where: { $0.name == "exp" }) {
            members.append(.init("exp", .integer((now + expiresIn).seconds)))
        }
        let token: String
        do throws(JWTError) {
            token = try Signer(key: key, type: typ).sign(.object(members))
        } catch {
            throw CommandError(error)
        }
        try Console.print(token)
    }

    private static func object(_ text: [UInt8]) throws(CommandError) -> [JSONValue.Member] {
        guard text.contains(where: { !" \t\r\n".utf8.contains($0) }) else { return [] }
        do throws(JWTError) {
            return try JSONValue(object: text, named: "input").members ?? []
        } catch {
            throw CommandError(error)
        }
    }

    /// The text as one JSON value, or as a string if it is not one.
    private static func value(_ text: String) -> JSONValue {
        guard let members = JSONValue(object: Array("{\"v\":\(text)}".utf8))?.members, members.count == 1 else {
            return .string(text)
        }
        return members[0].value
    }
}

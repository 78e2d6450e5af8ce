import ArgumentParser
import JWT

/// `jwt sign`: claims on standard input, a token on standard output.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign claims into a token.",
        discussion: """
            The claims are a JSON object on standard input, --claim adds to them. iat is the present and exp follows \
            from --expires-in, unless the claims have them.
            """)

    @OptionGroup var keys: KeyOptions
    @Option(help: "HS256, HS384 or HS512; with a key file the first key for it.") var algorithm: Algorithm?
    @Option(help: "How many seconds the token is good for, 1 or more.") var expiresIn: Int64 = 600
    @Option(
        name: .customLong("claim"),
        help: ArgumentHelp("A claim; the value is JSON, or else text.", valueName: "name=value"))
    var claims: [String] = []
    @Option(help: "The token's type.") var typ = "JWT"

    func validate() throws {
        try keys.checkThatOneIsGiven()
        guard expiresIn > 0 else { throw ValidationError("--expires-in is at least 1.") }
    }

    func run() throws {
        let key = try keys.keySet(for: algorithm.map { [$0] }).signingKey
        var members = try Edge.hasInput ? Self.object(Edge.readInput()) : []
        for claim in claims {
            guard let equals = claim.firstIndex(of: "=") else { throw Failure("malformed", "a claim is name=value") }
            let (name, text) = (String(claim[..<equals]), String(claim[claim.index(after: equals)...]))
            members.append(.init(name, Self.value(text)))
        }
        let now = Edge.now
        if !members.contains(where: { $0.name == "iat" }) { members.append(.init("iat", .integer(now.seconds))) }
        if !members.contains(where: { $0.name == "exp" }) {
            members.append(.init("exp", .integer((now + expiresIn).seconds)))
        }
        do throws(JWTError) {
            print(try Signer(key: key, type: typ).sign(.object(members)))
        } catch {
            throw Failure(error)
        }
    }

    private static func object(_ text: [UInt8]) throws(Failure) -> [JSONValue.Member] {
        guard text.contains(where: { !" \t\r\n".utf8.contains($0) }) else { return [] }
        do throws(JWTError) {
            return try JSONValue(object: text, named: "input").members ?? []
        } catch {
            throw Failure(error)
        }
    }

    /// The one value that the text is in JSON, or else the text itself.
    private static func value(_ text: String) -> JSONValue {
        guard let members = JSONValue(object: Array("{\"v\":\(text)}".utf8))?.members, members.count == 1 else {
            return .string(text)
        }
        return members[0].value
    }
}

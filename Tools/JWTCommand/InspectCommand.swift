import ArgumentParser
import JWT

/// `jwt inspect`: shows a token from standard input.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show the content of a token without verifying it.",
        discussion: "The token is read from standard input.")

    func run() throws {
        guard let text = String(validating: try Console.readInput(), as: UTF8.self) else {
            throw CommandError(.malformed, "the token is not UTF-8")
        }
        let token: InspectedToken
        do throws(JWTError) {
            token = try InspectedToken(inspecting: text)
        } catch {
            throw CommandError(error)
        }
        try Console.write(Self.lines(of: token).joined(separator: "\n"))
    }

    private static func lines(of token: InspectedToken) -> [String] {
        let style = TerminalStyle(isEnabled: Console.isTerminal)
        let times = [("iat", "issued"), ("nbf", "valid from"), ("exp", "expires")].compactMap { name, label in
            token.payload[name].flatMap(NumericDate.init).map { "  " + TimeDescription.line(label, $0, now: .now) }
        }
        return [
            style.warning("NOTHING WAS VERIFIED. Anyone can write such a token."),
            style.heading("header"), style.json(token.header),
            style.heading("claims"), style.json(token.payload),
        ] + (times.isEmpty ? [] : [style.heading("times")] + times) + [
            style.warning("NOTHING WAS VERIFIED. To verify: jwt verify --keys FILE")
        ]
    }
}

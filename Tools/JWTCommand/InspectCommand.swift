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
        do throws(JWTError) {
            show(try InspectedToken(inspecting: text))
        } catch {
            throw CommandError(error)
        }
    }

    private func show(_ token: InspectedToken) {
        let style = TerminalStyle(isEnabled: Console.isTerminal)
        print(style.warning("NOTHING WAS VERIFIED. Anyone can write such a token."))
        print(style.heading("header"))
        print(style.json(token.header))
        print(style.heading("claims"))
        print(style.json(token.payload))
        let times = [("iat", "issued"), ("nbf", "valid from"), ("exp", "expires")].compactMap { name, label in
            token.payload[name].flatMap(NumericDate.init).map { TimeDescription.line(label, $0, now: .now) }
        }
        if !times.isEmpty {
            print(style.heading("times"))
            for line in times { print("  " + line) }
        }
        print(style.warning("NOTHING WAS VERIFIED. To verify: jwt verify --keys FILE"))
    }
}

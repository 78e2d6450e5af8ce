import ArgumentParser
import FoundationEssentials
import JWT

/// `jwt inspect`: what a token says, for people.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what a token says, without verifying anything.")

    func run() throws {
        guard let text = String(validating: try Edge.readInput(), as: UTF8.self) else {
            throw Failure("malformed", "the token is not text in UTF-8")
        }
        do throws(JWTError) {
            show(try InspectedToken(inspecting: text))
        } catch {
            throw Failure(error)
        }
    }

    private func show(_ token: InspectedToken) {
        let paint = Paint(isOn: Edge.isTerminal)
        print(paint.warning("NOTHING WAS VERIFIED. Anyone can write what stands here."))
        print(paint.heading("header"))
        print(paint.json(token.header))
        print(paint.heading("claims"))
        print(paint.json(token.payload))
        let times = [("iat", "issued"), ("nbf", "valid from"), ("exp", "expires")].compactMap { name, word in
            token.payload[name].flatMap(NumericDate.init).map { Times.line(word, $0, now: Edge.now) }
        }
        if !times.isEmpty {
            print(paint.heading("times"))
            for line in times { print("  " + line) }
        }
        print(paint.warning("NOTHING WAS VERIFIED. To verify: jwt verify --keys FILE"))
    }
}

/// Moments in words.
enum Times {
    /// Such as `expires     2026-11-21T22:16:00Z, 3 minutes ago`.
    static func line(_ word: String, _ moment: NumericDate, now: NumericDate) -> String {
        let padded = word + String(repeating: " ", count: max(0, 12 - word.utf8.count))
        return padded + stamp(moment) + ", " + distance(moment - now)
    }

    /// RFC 3339 for the years that it has and that all calendars count alike, from 15 October 1582 on; seconds otherwise.
    private static func stamp(_ moment: NumericDate) -> String {
        guard (-12_219_292_800..<253_402_300_800).contains(moment.seconds) else { return "\(moment) s" }
        return Date(timeIntervalSince1970: Double(moment.seconds)).formatted(.iso8601)
    }

    /// How far away in the largest unit that fits: `in 2 hours`, `3 minutes ago`.
    static func distance(_ seconds: Int64) -> String {
        let units: [(UInt64, String)] = [
            (31_557_600, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"),
        ]
        guard let (size, unit) = units.first(where: { seconds.magnitude >= $0.0 }) else { return "now" }
        let count = seconds.magnitude / size
        let text = "\(count) \(unit)\(count == 1 ? "" : "s")"
        return seconds > 0 ? "in \(text)" : "\(text) ago"
    }
}

/// Colours, where there is a terminal to show them. Control characters of a token never reach it.
struct Paint {
    let isOn: Bool

    func warning(_ text: String) -> String { painted(text, "1;31") }
    func heading(_ text: String) -> String { painted(text, "1") }

    /// Each member on a line of its own.
    func json(_ value: JSONValue) -> String {
        let members = value.members ?? []
        return members.map { member in
            let name = JSONValue.string(member.name).text.escapedForTerminal
            return "  " + painted(name, "36") + ": " + member.value.text.escapedForTerminal
        }.joined(separator: "\n")
    }

    private func painted(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

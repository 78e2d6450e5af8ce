import Foundation
import Glibc
import JWT
import JWTAuth

/// Prints what a list of revocations costs, as a JSON object. The argument is the number of entries. Without an argument,
/// verification does not look into a list.
///
/// A time is the CPU time of one verification, the least of ten rounds. The bytes are the memory that the process gains.
@main enum RevocationCost {
    private static let now = NumericDate(seconds: 1_800_000_000)
    private static let rounds = 10
    private static let repetitions = 20

    static func main() throws {
        let key = try Key(secret: (0..<32).map { _ in UInt8.random(in: 0...255) })
        let tokens = try (0..<1000).map { _ in try Signer(key: key, type: TokenType.access.typ).sign(claims()) }
        let policy = TokenType.access.policy(issuers: ["http://localhost:8080"], audience: "compare")
        let verifier = Verifier(keys: KeySet(key), policy: policy)

        guard let count = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            let time = try nanoseconds(tokens) { _ = try verifier.verify($0, at: now) }
            print(#"{"entries": null, "nanoseconds": \#(time), "bytes": 0}"#)
            return
        }
        // The memory of the code counts before the list is filled.
        _ = RevocationList().add([entry()])
        let before = try residentBytes()
        let list = RevocationList()
        let hasRoom = list.add((0..<count).lazy.map { _ in entry() })
        precondition(hasRoom, "the list has no room for \(count) entries")
        let bytes = try residentBytes() - before
        let time = try nanoseconds(tokens) { token in
            let isRevoked = try list.isRevoked(verifier.verify(token, at: now))
            precondition(!isRevoked)
        }
        print(#"{"entries": \#(count), "nanoseconds": \#(time), "bytes": \#(bytes)}"#)
    }

    private static func claims() -> Claims {
        Claims(
            issuer: "http://localhost:8080", subject: identifier(), audience: ["compare"],
            expiresAt: now + 600, issuedAt: now, id: identifier(), scope: "orders:read", sessionID: identifier(),
            username: "alice")
    }

    private static func entry() -> RevocationList.Entry {
        RevocationList.Entry(
            revocation: Revocation(kind: .session, id: identifier(), expiresAt: now + 600), keptUntil: .seconds(600))
    }

    private static func identifier() -> String {
        UUID().uuidString.lowercased()
    }

    /// The memory of this process (proc_pid_statm(5)).
    private static func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { fatalError("/proc/self/statm has another form") }
        return pages * Int(getpagesize())
    }

    /// The CPU time of `body` for one token.
    private static func nanoseconds(_ tokens: [String], _ body: (String) throws -> Void) rethrows -> Int {
        var least = Int.max
        for _ in 0..<rounds {
            let start = processorNanoseconds()
            for _ in 0..<repetitions {
                for token in tokens { try body(token) }
            }
            least = min(least, (processorNanoseconds() - start) / (repetitions * tokens.count))
        }
        return least
    }

    /// The CPU time of this process, in nanoseconds, in steps of a microsecond (clock(3)).
    private static func processorNanoseconds() -> Int {
        Int(clock()) * 1000
    }
}

import Foundation
import JWT
import ServiceRuntime

/// The file in which a service saves its revocations. The service reads it when it starts, because login may be down.
///
/// Each line is a token that the service itself signed, so the service verifies the file like every other source of
/// revocations. Each line has the number of lines before it, and only the last line has the claim `reset` with the value
/// true. This shows that no line is missing. Only the owner of the file may read it. The service replaces the file as a
/// whole: it writes a file beside the old one, synchronizes it and renames it.
struct RevocationFile: Sendable {
    let path: String
    /// The name of the service, which is the issuer of the lines.
    let service: String
    let keys: KeySource

    private static let maximumEntriesPerLine = 10_000
    private static let maximumBytes = 256 << 20

    /// The error of a file whose lines are signed but do not form the whole list.
    struct IncompleteFile: Error, CustomStringConvertible {
        let description = "the file does not hold a whole list of revocations; it is replaced at the next change"
    }

    /// Reads and verifies the file; nil when it does not exist.
    ///
    /// - Throws: an error of the file system, `JWTError`, or `IncompleteFile`.
    func read() throws -> RevocationState.Snapshot? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        let text = String(decoding: try file.read(upToCount: Self.maximumBytes) ?? Data(), as: UTF8.self)
        let lines = try text.split(separator: "\n").map { try verified(String($0)) }
        guard let last = lines.last, last.isLast, lines.dropLast().allSatisfy({ !$0.isLast }),
            lines.enumerated().allSatisfy({ $0.offset == $0.element.number && $0.element.position == last.position })
        else { throw IncompleteFile() }
        return RevocationState.Snapshot(
            position: last.position, lastContact: last.lastContact, entries: lines.flatMap(\.entries),
            forgottenUntil: last.forgottenUntil)
    }

    /// Replaces the file. Creates its folder if it is missing; only the user of the service may open it.
    ///
    /// - Throws: an error of the file system, or `JWTError`.
    func write(_ snapshot: RevocationState.Snapshot) throws {
        let signer = TokenType.revocationFileLine.signer(keys: keys.keys)
        let entries = snapshot.entries
        let starts = stride(from: 0, to: max(1, entries.count), by: Self.maximumEntriesPerLine)
        let lines = try starts.enumerated().map { number, start in
            let end = min(start + Self.maximumEntriesPerLine, entries.count)
            let line = Line(
                number: number, isLast: end == entries.count, position: snapshot.position,
                lastContact: snapshot.lastContact, forgottenUntil: snapshot.forgottenUntil,
                entries: Array(entries[start..<end]))
            return try signer.sign(
                Claims(
                    issuer: service, issuedAt: NumericDate(snapshot.lastContact.date), others: line.claims)) + "\n"
        }
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try Data(lines.joined().utf8).write(to: URL(filePath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// Verifies one line. Entries expire, but lines do not, so the time of the check is irrelevant.
    private func verified(_ line: String) throws -> Line {
        let policy = TokenType.revocationFileLine.policy(issuers: [service], audience: nil)
        let token = try Verifier(keys: keys.keys, policy: policy).verify(line, at: 0)
        guard let line = Line(token) else { throw IncompleteFile() }
        return line
    }
}

extension RevocationFile {
    /// A line of the file.
    fileprivate struct Line {
        /// The number of lines before this one.
        let number: Int
        let isLast: Bool
        let position: RevocationPage.Position
        let lastContact: RevocationState.Contact
        let forgottenUntil: NumericDate
        let entries: [(revocation: Revocation, left: Duration)]
    }
}

extension RevocationFile.Line {
    /// Reads the payload of a verified token; nil when it is not a line of the file.
    init?(_ token: VerifiedToken) {
        guard let page = RevocationPage(token), page.unknownKindsUntil == nil, let date = token.issuedAt,
            let payload = JSONValue(object: token.payload), let number = payload["line"]?.integer,
            let boot = payload["boot"]?.string, let uptime = payload["uptime_ms"]?.integer,
            let forgottenUntil = payload["forgotten_until"]?.integer, let list = payload["entries"]?.array
        else { return nil }
        let left = list.compactMap { $0["left"]?.integer }
        guard left.count == page.entries.count else { return nil }
        self.init(
            number: Int(number), isLast: page.isReset, position: page.position,
            lastContact: .init(date: Date(date), bootID: boot, uptime: .milliseconds(uptime)),
            forgottenUntil: NumericDate(seconds: forgottenUntil),
            entries: zip(page.entries, left).map { ($0, .seconds($1)) })
    }

    /// The line as claims of the token that carries it, beside `iss` and `iat`.
    var claims: [JSONValue.Member] {
        let page = RevocationPage(seq: position.seq, epoch: position.epoch, isReset: isLast, entries: [])
        let entries = entries.map { entry in
            // Round up, so no entry is kept for less time than without a restart.
            let (seconds, attoseconds) = entry.left.components
            let left = attoseconds > 0 ? seconds + 1 : seconds
            return JSONValue.object((entry.revocation.json.members ?? []) + [.init("left", .integer(left))])
        }
        return page.claims.filter { $0.name != "entries" } + [
            .init("entries", .array(entries)), .init("line", .integer(Int64(number))),
            .init("boot", .string(lastContact.bootID)),
            .init("uptime_ms", .integer(Int64(lastContact.uptime / .milliseconds(1)))),
            .init("forgotten_until", .integer(forgottenUntil.seconds)),
        ]
    }
}

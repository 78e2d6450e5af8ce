import Foundation
import JWT

/// The file in which a service saves its revocations. The service reads it when it starts, because login may be down.
///
/// Each line is a token that the service itself signed, so the service verifies the file like every other source of
/// revocations. Only the last line has the claim `reset` with the value true, which shows that no line is missing. Only
/// the owner of the file may read it. The service replaces the file as a whole: it writes a file beside the old one,
/// synchronizes it and renames it.
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
        guard let (last, lastContact) = lines.last, last.isReset,
            lines.dropLast().allSatisfy({ $0.page.seq == last.seq && !$0.page.isReset })
        else { throw IncompleteFile() }
        return RevocationState.Snapshot(
            position: last.position, lastContact: lastContact, entries: lines.flatMap(\.page.entries))
    }

    /// Replaces the file.
    ///
    /// - Throws: an error of the file system, or `JWTError`.
    func write(_ snapshot: RevocationState.Snapshot) throws {
        let signer = TokenType.revocationFileLine.signer(keys: keys.keys)
        let (position, entries) = (snapshot.position, snapshot.entries)
        let lines = try stride(from: 0, to: max(1, entries.count), by: Self.maximumEntriesPerLine).map { start in
            let end = min(start + Self.maximumEntriesPerLine, entries.count)
            let page = RevocationPage(
                seq: position.seq, epoch: position.epoch, isReset: end == entries.count,
                entries: Array(entries[start..<end]))
            return try signer.sign(
                Claims(issuer: service, issuedAt: NumericDate(snapshot.lastContact), others: page.claims)) + "\n"
        }
        try Data(lines.joined().utf8).write(to: URL(filePath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// Verifies one line. Entries expire, but lines do not, so the time of the check is irrelevant.
    private func verified(_ line: String) throws -> (page: RevocationPage, lastContact: Date) {
        let policy = TokenType.revocationFileLine.policy(issuers: [service], audience: nil)
        let token = try Verifier(keys: keys.keys, policy: policy).verify(line, at: 0)
        guard let page = RevocationPage(token), let lastContact = token.issuedAt else { throw IncompleteFile() }
        return (page, Date(lastContact))
    }
}

import Foundation
import JWT

/// The revocation list as a service keeps it on disk, for a start at which login is away.
///
/// One token a line, signed by the service itself, so that the file is verified like everything else that tells whom to
/// refuse; the last line says `reset`, so that a file that was cut short is known by that. Only its owner may read it. It
/// is replaced as a whole: written beside, synchronized, renamed.
struct RevocationFile: Sendable {
    /// What the file holds.
    struct Contents: Sendable {
        var seq: Int64
        var epoch: String?
        /// When the feed was heard last, as of the time of writing.
        var lastContact: Date
        var entries: [Revocation]
    }

    let path: String
    /// The name of the service, which is the issuer.
    let service: String
    let keys: KeySource

    private static let maxEntriesOfLine = 10_000
    private static let maxBytes = 256 << 20

    /// Reads and verifies the file. Nil when there is none.
    ///
    /// - Throws: an error of the file system, `JWTError`, or `Damaged`.
    func read() throws -> Contents? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        let text = String(decoding: try file.read(upToCount: Self.maxBytes) ?? Data(), as: UTF8.self)
        let pages = try text.split(separator: "\n").map { try verified(String($0)) }
        guard let (last, lastContact) = pages.last, last.isReset,
            pages.dropLast().allSatisfy({ $0.page.seq == last.seq && !$0.page.isReset })
        else { throw Damaged() }
        return Contents(
            seq: last.seq, epoch: last.epoch, lastContact: lastContact, entries: pages.flatMap(\.page.entries))
    }

    /// Replaces the file.
    ///
    /// - Throws: an error of the file system, or `JWTError`.
    func write(_ contents: Contents) throws {
        let signer = TokenType.revocationFileLine.signer(keys: keys.keys)
        let starts = stride(from: 0, to: max(1, contents.entries.count), by: Self.maxEntriesOfLine)
        let lines = try starts.map { start in
            let end = min(start + Self.maxEntriesOfLine, contents.entries.count)
            let page = RevocationPage(
                seq: contents.seq, epoch: contents.epoch, isReset: end == contents.entries.count,
                entries: Array(contents.entries[start..<end]))
            return try signer.sign(
                Claims(issuer: service, issuedAt: NumericDate(contents.lastContact), others: page.claims)) + "\n"
        }
        try Data(lines.joined().utf8).write(to: URL(filePath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// The file is signed, but not complete.
    struct Damaged: Error {}

    /// A list does not expire, only its entries do: the time of the check does not matter.
    private func verified(_ line: String) throws -> (page: RevocationPage, lastContact: Date) {
        let policy = TokenType.revocationFileLine.policy(issuers: [service], audience: nil)
        let token = try Verifier(keys: keys.keys, policy: policy).verify(line, at: 0)
        guard let page = RevocationPage(token), let lastContact = token.issuedAt else { throw Damaged() }
        return (page, Date(lastContact))
    }
}

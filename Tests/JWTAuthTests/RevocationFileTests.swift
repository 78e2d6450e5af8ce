import Foundation
import JWT
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct RevocationFileTests {
    private let clock = TestClock()
    private let folder: TemporaryFolder
    private let keys: KeySource
    private var path: String { folder.path("orders.revocations") }
    private var file: RevocationFile { RevocationFile(path: path, service: "orders", keys: keys) }

    init() throws {
        folder = try TemporaryFolder()
        keys = KeySource(KeySet(try Key(secret: Array(TokenMint.secret.utf8))))
    }

    private func snapshot(entries count: Int) -> RevocationState.Snapshot {
        RevocationState.Snapshot(
            position: .init(seq: 7, epoch: "first"),
            lastContact: .init(date: clock.now, bootID: "test", uptime: .milliseconds(1234)),
            entries: (0..<count).map {
                (
                    Revocation(
                        kind: [.session, .token, .account][$0 % 3], id: "id-\($0)",
                        before: $0 % 3 == 2 ? 5 : nil, expiresAt: NumericDate(clock.now) + 600), .seconds($0)
                )
            }, forgottenUntil: 77)
    }

    private func lines() throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func write(_ lines: [String]) throws {
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test(arguments: [(0, 1), (1, 1), (10_000, 1), (10_001, 2), (20_001, 3)])
    func `a snapshot is read as it was written`(entries: Int, lineCount: Int) throws {
        let written = snapshot(entries: entries)
        try file.write(written)
        #expect(try lines().count == lineCount)
        let read = try #require(try file.read())
        #expect(read.position == written.position)
        #expect(read.lastContact == written.lastContact)
        #expect(read.entries.map(\.revocation) == written.entries.map(\.revocation))
        #expect(read.entries.map(\.left) == written.entries.map(\.left))
        #expect(read.forgottenUntil == written.forgottenUntil)
    }

    @Test func `a file that does not exist is read as nil`() throws {
        #expect(try file.read() == nil)
    }

    @Test func `the file is readable for its owner only`() throws {
        try file.write(snapshot(entries: 1))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    static let incomplete: [(String, @Sendable ([String]) -> [String])] = [
        ("an empty file", { _ in [] }),
        ("the last line missing", { $0.dropLast() }), ("the first line missing", { Array($0.dropFirst()) }),
        ("the middle line missing", { [$0[0], $0[2]] }), ("the first line twice", { [$0[0], $0[0], $0[2]] }),
        ("the last line first", { [$0[2], $0[0], $0[1]] }),
        ("the last line twice", { $0 + [$0[2]] }),
    ]

    @Test(arguments: incomplete.indices)
    func `a file whose lines are not a whole list is rejected as incomplete`(index: Int) throws {
        let (name, change) = Self.incomplete[index]
        try file.write(snapshot(entries: 20_001))
        try write(change(lines()))
        let error = #expect(throws: RevocationFile.IncompleteFile.self, "\(name)") { try file.read() }
        #expect(error?.description.contains("whole list") == true)
    }

    @Test func `a file with lines of different snapshots is rejected as incomplete`() throws {
        var other = snapshot(entries: 20_001)
        other.position.seq = 8
        try file.write(other)
        let foreign = try lines()[0]
        try file.write(snapshot(entries: 20_001))
        try write([foreign] + lines().dropFirst())
        #expect(throws: RevocationFile.IncompleteFile.self) { try file.read() }
    }

    @Test func `a file with a line that is not a page of revocations is rejected as incomplete`() throws {
        let claims = Claims(issuer: "orders", issuedAt: NumericDate(clock.now))
        try write([TokenType.revocationFileLine.signer(keys: keys.keys).sign(claims)])
        #expect(throws: RevocationFile.IncompleteFile.self) { try file.read() }
    }

    @Test func `a file of another service is rejected`() throws {
        try RevocationFile(path: path, service: "inbox", keys: keys).write(snapshot(entries: 1))
        #expect(throws: JWTError.self) { try file.read() }
    }

    @Test func `a file with a changed or a cut line is rejected`() throws {
        try file.write(snapshot(entries: 1))
        let line = try lines()[0]
        for invalid in [line.replacing("A", with: "B", maxReplacements: 1), String(line.dropLast(9))] {
            try write([invalid])
            #expect(throws: JWTError.self) { try file.read() }
        }
    }

    @Test func `a file that cannot be written is an error`() throws {
        try Data().write(to: folder.file("file"))
        let file = RevocationFile(path: folder.path("file/orders.revocations"), service: "orders", keys: keys)
        #expect(throws: (any Error).self) { try file.write(snapshot(entries: 1)) }
    }

    @Test func `a missing folder is created, and only its owner may open it`() throws {
        let file = RevocationFile(path: folder.path("a/b/orders.revocations"), service: "orders", keys: keys)
        try file.write(snapshot(entries: 1))
        #expect(try file.read()?.entries.count == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("a/b"))
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
}

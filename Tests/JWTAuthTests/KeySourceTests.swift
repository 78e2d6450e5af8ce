import Foundation
import JWT
import Synchronization
import TestSupport
import Testing

@testable import JWTAuth

@Suite struct KeySourceTests {
    private let clock = TestClock()
    private let folder: TemporaryFolder
    private var file: String { folder.path("jwt.json") }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func key(_ id: String) throws -> Key {
        try Key(id: id, secret: Array("\(id)-with-enough-bytes-to-be-a-good-secret".utf8))
    }

    private func write(_ keys: Key...) throws {
        try KeySet(keys).jwkSet().write(toFile: file, atomically: true, encoding: .utf8)
    }

    private func token(_ key: Key) throws -> String {
        try Signer(key: key).sign(TokenMint(clock).userClaims(UUID(), audience: "orders", scope: ""))
    }

    private func verifier(_ source: KeySource) -> ReloadingVerifier {
        ReloadingVerifier(
            source: source, policy: TokenType.access.policy(issuers: [TokenMint.issuer], audience: "orders"))
    }

    private var now: NumericDate { NumericDate(clock.now) }

    @Test func `a token with an unknown key makes the source read its file again, at most once a second`() async throws
    {
        try write(key("one"))
        let verifier = verifier(try KeySource(file: file, clock: clock.clock))
        let new = try token(key("two"))
        await #expect(throws: JWTError.self) { try await verifier.verify(new, at: now) }
        try write(key("two"), key("one"))
        await #expect(throws: JWTError.self) { try await verifier.verify(new, at: now) }
        clock.advance(seconds: 1)
        #expect(try await verifier.verify(new, at: now).keyID == "two")
        #expect(try await verifier.verify(token(key("one")), at: now).keyID == "one")
    }

    @Test(arguments: [(0o600, false), (0o640, false), (0o604, true), (0o666, true)])
    func `a key file that every user can read gets a warning`(permissions: Int, isExpected: Bool) throws {
        try write(key("one"))
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: file)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file)
        for path in [file, folder.path("link")] {
            #expect((KeySource.warning(aboutFile: path) != nil) == isExpected)
        }
    }

    @Test func `a token of a removed key is rejected after the file is read`() async throws {
        try write(key("two"), key("one"))
        let verifier = verifier(try KeySource(file: file, clock: clock.clock))
        let old = try token(key("one"))
        #expect(try await verifier.verify(old, at: now).keyID == "one")
        try write(key("two"))
        await #expect(throws: JWTError.self) { try await verifier.verify(token(key("three")), at: now) }
        await #expect(throws: JWTError.self) { try await verifier.verify(old, at: now) }
    }

    @Test(arguments: ["", "{", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"AAAA","kid":"x","alg":"HS256"}]}"#])
    func `an invalid file leaves the previous keys in use`(text: String) async throws {
        try write(key("one"))
        let source = try KeySource(file: file, clock: clock.clock)
        let verifier = verifier(source)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        await #expect(throws: JWTError.self) { try await verifier.verify(token(key("two")), at: now) }
        #expect(try await verifier.verify(token(key("one")), at: now).keyID == "one")
        #expect(source.generation.number == 1)
    }

    @Test(arguments: [false, true])
    func `a new file is used when its writer has finished, whether it is overwritten or renamed`(
        renamed: Bool
    ) async throws {
        try write(key("one"))
        let source = try KeySource(file: file, clock: clock.clock)
        let verifier = verifier(source)
        let (new, old) = (try token(key("two")), try token(key("one")))
        let text = try KeySet([key("two"), key("one")]).jwkSet()
        try text.prefix(text.count / 2).description.write(toFile: file, atomically: renamed, encoding: .utf8)
        await #expect(throws: JWTError.self) { try await verifier.verify(new, at: now) }
        #expect(try await verifier.verify(old, at: now).keyID == "one")
        try text.write(toFile: file, atomically: renamed, encoding: .utf8)
        clock.advance(seconds: 1)
        #expect(try await verifier.verify(new, at: now).keyID == "two")
        #expect(try await verifier.verify(old, at: now).keyID == "one")
        #expect(source.generation.number == 2)
    }

    @Test func `the previous keys stay in use while the file is missing and when it is back unchanged`() async throws {
        try write(key("one"))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let source = try KeySource(file: file, clock: clock.clock)
        let verifier = verifier(source)
        try FileManager.default.removeItem(atPath: file)
        await #expect(throws: JWTError.self) { try await verifier.verify(token(key("two")), at: now) }
        #expect(try await verifier.verify(token(key("one")), at: now).keyID == "one")
        #expect(source.isInvalid)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        clock.advance(seconds: 1)
        await #expect(throws: JWTError.self) { try await verifier.verify(token(key("two")), at: now) }
        #expect(!source.isInvalid)
        #expect(source.generation.number == 1)
    }

    @Test func `a running service notices a file that is replaced through a symbolic link`() async throws {
        try write(key("one"))
        let second = folder.path("second.json")
        try KeySet([key("two")]).jwkSet().write(toFile: second, atomically: true, encoding: .utf8)
        let link = folder.path("link.json")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        let source = try KeySource(file: link, clock: clock.clock)
        try await withThrowingTaskGroup { group in
            group.addTask { try await source.run() }
            try FileManager.default.removeItem(atPath: link)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: second)
            while source.generation.number == 1 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(source.keys.signingKey.id == "two")
            group.cancelAll()
        }
    }

    @Test func `a missing file at the start is an error`() {
        #expect(throws: (any Error).self) { try KeySource(file: folder.path("missing.json"), clock: clock.clock) }
    }

    @Test func `a source without a file never changes its keys`() async throws {
        let source = KeySource(KeySet(try key("one")))
        let verifier = verifier(source)
        await #expect(throws: JWTError.self) { try await verifier.verify(token(key("two")), at: now) }
        #expect(source.generation.number == 1)
        #expect(!source.isInvalid)
    }

    @Test func `keys of another type are ignored, also when the file changes`() async throws {
        func withRSA(_ key: Key) -> String {
            KeySet(key).jwkSet().replacing("[", with: #"[{"kty":"RSA","n":"AQAB","e":"AQAB"},"#)
        }
        try withRSA(key("one")).write(toFile: file, atomically: true, encoding: .utf8)
        let source = try KeySource(file: file, clock: clock.clock)
        #expect(source.keys.keys.map(\.id) == ["one"])
        #expect(source.keys.ignoredKeyCount == 1)
        try withRSA(key("two")).write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await verifier(source).verify(token(key("two")), at: now).keyID == "two")
        #expect(!source.isInvalid)
    }

    @Test func `an older read of the file never replaces the keys of a newer read`() async throws {
        try write(key("one"))
        let (link, pipe) = (folder.path("link.json"), folder.path("pipe"))
        try await run(["/usr/bin/env", "mkfifo", pipe], in: folder.url)
        func point(to path: String) throws {
            try? FileManager.default.removeItem(atPath: link)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        }
        try point(to: file)
        let source = try KeySource(file: link, clock: clock.clock)
        try point(to: pipe)
        let old = try KeySet(key("old")).jwkSet()
        try write(key("new"))
        let finished = Mutex(0)
        let read: @Sendable () async -> Void = {
            await source.rereadForUnknownKey()
            finished.withLock { $0 += 1 }
        }
        Task(operation: read)
        // The pipe opens for writing when the first read has opened it.
        let writer = try FileHandle(forWritingTo: URL(filePath: pipe))
        try point(to: file)
        clock.advance(seconds: 1)
        Task(operation: read)
        _ = try await eventually(within: .milliseconds(300)) { finished.withLock { $0 } == 1 }
        try writer.write(contentsOf: Data(old.utf8))
        try writer.close()
        #expect(try await eventually { finished.withLock { $0 } == 2 })
        #expect(source.keys.signingKey.id == "new")
    }
}

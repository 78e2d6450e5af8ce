import Configuration
import Foundation
import JWT
import ServiceRuntime
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

    private var now: NumericDate { NumericDate(seconds: Int64(clock.now.timeIntervalSince1970)) }

    @Test func `a token with a new key makes the file be read again, at most once a second`() throws {
        try write(key("one"))
        let verifier = verifier(try KeySource(file: file, clock: clock.clock))
        let new = try token(key("two"))
        #expect(throws: JWTError.self) { try verifier.verify(new, at: now) }
        try write(key("two"), key("one"))
        #expect(throws: JWTError.self) { try verifier.verify(new, at: now) }
        clock.advance(seconds: 1)
        #expect(try verifier.verify(new, at: now).keyID == "two")
        #expect(try verifier.verify(token(key("one")), at: now).keyID == "one")
    }

    @Test func `a retired key is refused once the file was read`() throws {
        try write(key("two"), key("one"))
        let verifier = verifier(try KeySource(file: file, clock: clock.clock))
        let old = try token(key("one"))
        #expect(try verifier.verify(old, at: now).keyID == "one")
        try write(key("two"))
        #expect(throws: JWTError.self) { try verifier.verify(token(key("three")), at: now) }
        #expect(throws: JWTError.self) { try verifier.verify(old, at: now) }
    }

    @Test(arguments: ["", "{", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"AAAA","kid":"x","alg":"HS256"}]}"#])
    func `a faulty file leaves the old keys in force`(text: String) throws {
        try write(key("one"))
        let source = try KeySource(file: file, clock: clock.clock)
        let verifier = verifier(source)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(throws: JWTError.self) { try verifier.verify(token(key("two")), at: now) }
        #expect(try verifier.verify(token(key("one")), at: now).keyID == "one")
        #expect(source.generation.number == 1)
    }

    @Test(arguments: [false, true])
    func `a file is taken once its writer has finished, whether it is written in place or renamed`(
        renamed: Bool
    ) throws {
        try write(key("one"))
        let source = try KeySource(file: file, clock: clock.clock)
        let verifier = verifier(source)
        let (new, old) = (try token(key("two")), try token(key("one")))
        let text = try KeySet([key("two"), key("one")]).jwkSet()
        try text.prefix(text.count / 2).description.write(toFile: file, atomically: renamed, encoding: .utf8)
        #expect(throws: JWTError.self) { try verifier.verify(new, at: now) }
        #expect(try verifier.verify(old, at: now).keyID == "one")
        try text.write(toFile: file, atomically: renamed, encoding: .utf8)
        clock.advance(seconds: 1)
        #expect(try verifier.verify(new, at: now).keyID == "two")
        #expect(try verifier.verify(old, at: now).keyID == "one")
        #expect(source.generation.number == 2)
    }

    @Test func `the old keys stay in force while the file is missing, and when it comes back unchanged`() throws {
        try write(key("one"))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let source = try KeySource(file: file, clock: clock.clock)
        let verifier = verifier(source)
        try FileManager.default.removeItem(atPath: file)
        #expect(throws: JWTError.self) { try verifier.verify(token(key("two")), at: now) }
        #expect(try verifier.verify(token(key("one")), at: now).keyID == "one")
        #expect(source.isFaulty)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        clock.advance(seconds: 1)
        #expect(throws: JWTError.self) { try verifier.verify(token(key("two")), at: now) }
        #expect(!source.isFaulty)
        #expect(source.generation.number == 1)
    }

    @Test func `a file that is replaced through a symlink is noticed by the running service`() async throws {
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
}

@Suite struct DoorSettingsTests {
    private func invalidVariables(_ environment: [String: String]) -> [ConfigurationError.InvalidVariable]? {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        do {
            _ = try Settings.read(reader) { settings in
                _ = settings.databaseURL(service: "test")
                _ = try TokenSettings(clock: .system, &settings)
            }
            return nil
        } catch {
            return (error as? ConfigurationError)?.invalidVariables
        }
    }

    @Test func `without a key the service says how to make one`() {
        let invalidVariables = invalidVariables([:])
        #expect(invalidVariables?.map(\.name) == ["JWT_KEYS_FILE"])
        #expect(invalidVariables?.first?.reason.contains("jwt keys new") == true)
    }

    @Test(arguments: [
        "secret", "changeme", "12345", "short", String(repeating: "x", count: 31), "-----BEGIN PUBLIC KEY-----\nMIIB",
    ])
    func `a weak secret is refused and not repeated`(secret: String) {
        let invalidVariables = invalidVariables(["JWT_SECRET": secret])
        #expect(invalidVariables?.map(\.name) == ["JWT_SECRET"])
        #expect(invalidVariables?.first?.reason.contains(secret) == false || secret == "secret")
    }

    @Test func `two ways to give a key are one too many`() {
        #expect(
            invalidVariables(["JWT_SECRET": TokenMint.secret, "JWT_KEYS_FILE": "x"])?.map(\.name) == ["JWT_SECRET"])
    }

    @Test func `a missing file, a bad leeway and a bad database are reported together`() {
        let invalidVariables = invalidVariables([
            "JWT_KEYS_FILE": "/nonexistent/jwt.json", "JWT_LEEWAY": "301", "DATABASE_URL": "oracle:x",
        ])
        #expect(invalidVariables?.map(\.name) == ["DATABASE_URL", "JWT_LEEWAY", "JWT_KEYS_FILE"])
    }
}

import Testing

@testable import LoginService

@Suite struct PasswordHashTests {
    /// The result of Python's `hashlib.scrypt(b"correct horse battery staple", salt=bytes(range(16)), n=1 << 10, r=8, p=2,
    /// dklen=32)`, both in base64 without padding.
    private static let fromPython =
        "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$wk79EttC618m617oirShLZuxJkXcX6rXHrrS9rQQ/44"

    @Test func `a hash made by another implementation is parsed and matches`() throws {
        let hash = try #require(PasswordHash(phc: Self.fromPython))
        #expect(try hash.matches("correct horse battery staple".prepared))
        #expect(try !hash.matches("correct horse battery stapl".prepared))
        #expect(hash.description == Self.fromPython)
    }

    @Test func `a new hash matches only its password and has its own salt`() throws {
        let password = try goodPassword.prepared
        let (a, b) = (try PasswordHash(of: password, cost: .cheap), try PasswordHash(of: password, cost: .cheap))
        #expect(try a.matches(password))
        #expect(try !a.matches("An uncommon password".prepared))
        #expect(a.salt != b.salt && a.hash != b.hash)
        #expect(PasswordHash(phc: a.description) == a)
    }

    @Test func `no password matches the unmatchable hash`() throws {
        #expect(try !PasswordHash.unmatchable(cost: .cheap).matches(goodPassword.prepared))
    }

    @Test(arguments: [
        "", "$", "$scrypt$", "plain", "$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgcICQoLDA0ODw$AAAA",
        "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw", "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$AAAA",
        "$scrypt$ln=63,r=8,p=1$SALT$HASH", "$scrypt$ln=0,r=8,p=1$SALT$HASH", "$scrypt$ln=10,r=-8,p=1$SALT$HASH",
        "$scrypt$ln=10,r=8$SALT$HASH", "$scrypt$ln=10,r=8,p=2,q=1$SALT$HASH", "$scrypt$r=8,ln=10,p=2$SALT$HASH",
        "$scrypt$ln=10,r=8,p=99999999999999999999$SALT$HASH", "$scrypt$ln=10,r=8,p=2$$HASH",
        "$scrypt$ln=10,r=8,p=2$S!LT$HASH", "x$scrypt$ln=10,r=8,p=2$SALT$HASH", "$scrypt$ln=10,r=8,p=2$SALT$HASH$",
    ])
    func `a malformed text is not parsed as a hash`(text: String) {
        let hash = String(repeating: "A", count: 43)
        let filled = text.replacing("SALT", with: "AAECAwQFBgcICQoLDA0ODw").replacing("HASH", with: hash)
        #expect(PasswordHash(phc: filled) == nil)
    }
}

@Suite struct PasswordHasherTests {
    @Test func `a full queue rejects further hashes and completes the admitted ones`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 12, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let (completed, rejected) = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<400 {
                group.addTask { (try? await hasher.verify(password, against: nil)) == .finished(false) }
            }
            return await group.reduce(into: (0, 0)) { $1 ? ($0.0 += 1) : ($0.1 += 1) }
        }
        #expect(completed >= PasswordHasher.maxPending && rejected > 0 && completed + rejected == 400)
        #expect(hasher.load.pending == 0)
        #expect(hasher.load.total == completed)
        guard case .finished(let hash) = try await hasher.hash(password) else {
            Issue.record("the queue is full")
            return
        }
        #expect(try hash.matches(password))
    }

    @Test(arguments: [(4, 8, 1, true), (5, 8, 1, false), (6, 8, 1, false), (5, 4, 1, true), (4, 8, 4, false)])
    func `a hash that is cheaper than new ones is outdated`(
        logN: Int, blockSize: Int, parallelism: Int, isOutdated: Bool
    ) throws {
        let hasher = PasswordHasher(cost: .init(logN: 5, blockSize: 8, parallelism: 1))
        let cost = PasswordHash.Cost(logN: logN, blockSize: blockSize, parallelism: parallelism)
        #expect(hasher.isOutdated(try PasswordHash(of: goodPassword.prepared, cost: cost)) == isOutdated)
    }

    @Test func `cancelling its task removes a waiting hash from the queue`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 14, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let tasks = (0..<20).map { _ in Task { try await hasher.verify(password, against: nil) } }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        #expect(hasher.load.pending == 0)
    }
}

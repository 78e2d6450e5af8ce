import Testing

@testable import LoginService

@Suite struct PasswordHashTests {
    /// Made with Python: `hashlib.scrypt(b"correct horse battery staple", salt=bytes(range(16)), n=1 << 10, r=8, p=2,
    /// dklen=32)`, both in base64 without padding.
    private static let fromPython =
        "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$wk79EttC618m617oirShLZuxJkXcX6rXHrrS9rQQ/44"

    @Test func `a hash of another implementation is read and matches`() throws {
        let hash = try present(PasswordHash(phc: Self.fromPython))
        #expect(try hash.matches("correct horse battery staple".prepared))
        #expect(try !hash.matches("correct horse battery stapl".prepared))
        #expect(hash.description == Self.fromPython)
    }

    @Test func `a new hash matches its password and no other, and has a salt of its own`() throws {
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
    func `damaged texts are no hashes`(text: String) {
        let hash = String(repeating: "A", count: 43)
        let filled = text.replacing("SALT", with: "AAECAwQFBgcICQoLDA0ODw").replacing("HASH", with: hash)
        #expect(PasswordHash(phc: filled) == nil)
    }
}

@Suite struct PasswordHasherTests {
    @Test func `a flood is refused beyond the queue, and what was admitted is answered`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 12, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let (answered, refused) = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<400 {
                group.addTask { (try? await hasher.verify(password, against: nil)) == .finished(false) }
            }
            return await group.reduce(into: (0, 0)) { $1 ? ($0.0 += 1) : ($0.1 += 1) }
        }
        #expect(answered >= PasswordHasher.maxPending && refused > 0 && answered + refused == 400)
        #expect(hasher.load.pending == 0)
        #expect(hasher.load.total == answered)
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

    @Test func `a waiting hash is given up when its task is cancelled`() async throws {
        let hasher = PasswordHasher(cost: .init(logN: 14, blockSize: 8, parallelism: 1))
        let password = try goodPassword.prepared
        let tasks = (0..<20).map { _ in Task { try await hasher.verify(password, against: nil) } }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        #expect(hasher.load.pending == 0)
    }
}

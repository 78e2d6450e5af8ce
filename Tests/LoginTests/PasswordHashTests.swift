import Testing

@testable import LoginService

@Suite struct PasswordHashTests {
    /// The result of Python's `hashlib.scrypt(b"correct horse battery staple", salt=bytes(range(16)), n=1 << 10, r=8,
    /// p=2, dklen=32)`, both in base64 without padding.
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

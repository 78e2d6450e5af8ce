import Testing

@testable import LoginService

@Suite struct PasswordTests {
    @Test(arguments: [
        ("abc", "abc"), ("a.b_c-9", "a.b_c-9"), ("Alice", "alice"), ("ABC", "abc"),
        ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
    ])
    func `a user name is stored in lower case`(typed: String, stored: String) {
        #expect(Username(typed)?.text == stored)
    }

    @Test(arguments: [
        "", "ab", "0123456789abcdef0123456789abcdef0", "a b c", "al\u{0}ice", "al\nice", "a/../b", "élise",
        "\u{212A}elvin",
        "ａｌｉｃｅ", "a@b.c", "alice'--", "abc\u{301}",
    ])
    func `an invalid user name is rejected`(typed: String) {
        #expect(Username(typed) == nil)
    }

    @Test(arguments: [
        "12characters", "pass phrase with spaces", "пароль длинный", "密码密码密码密码", "🔑🔑🔑🔑🔑🔑🔑🔑",
        String(repeating: "x", count: 128), String(repeating: "é", count: 128), "correct horse battery staple",
        " leading and trailing ", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦", String(repeating: "e\u{301}", count: 4),
        String(repeating: "a\u{327}\u{301}\u{308}", count: 32), String(repeating: "\u{1D160}", count: 128), "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
    ])
    func `an acceptable password is not rejected`(password: String) {
        #expect(Password.rejectionReason(of: password, username: "alice") == nil)
    }

    @Test(arguments: [
        ("", "8 to 128"), ("1234567", "8 to 128"), ("👩‍👩‍👧‍👦", "8 to 128"),
        (String(repeating: "e\u{301}", count: 65), "8 to 128"), ("abcde\u{301}g", "8 to 128"),
        (String(repeating: "👩‍👩‍👧‍👦", count: 19), "8 to 128"),
        (String(repeating: "x", count: 129), "8 to 128"), (String(repeating: "🔑", count: 300), "8 to 128"),
        ("a" + String(repeating: "\u{301}", count: 2000), "8 to 128"),
        ("alice.and.bob", "user name"), ("ALICE.and.Bob", "user name"),
        ("password", "most common"), ("PassWord123", "most common"), ("12345678", "most common"),
        ("qwertyuiop", "most common"),
        ("good\u{0}password", "control"), ("good\npassword", "control"), ("good\u{7F}password", "control"),
        ("good\u{2028}password", "control"),
    ])
    func `an unacceptable password is rejected with the reason`(password: String, reason: String) {
        #expect(Password.rejectionReason(of: password, username: "alice.and.bob")?.contains(reason) == true)
    }

    @Test(arguments: [
        ("caf\u{65}\u{301} au lait", "caf\u{E9} au lait"), ("a\u{A0}b\u{3000}c", "a b c"), ("Å\u{212B}", "Å\u{C5}"),
    ])
    func `passwords that differ only in normalization or the kind of space are equal`(a: String, b: String) throws {
        #expect(try a.prepared.bytes == b.prepared.bytes)
    }

    @Test(arguments: [("Secret phrase", "secret phrase"), ("ﬁne phrase", "fine phrase"), ("phrase ", "phrase")])
    func `passwords that differ in case, compatibility form or outer spaces are not equal`(a: String, b: String) throws
    {
        #expect(try a.prepared.bytes != b.prepared.bytes)
    }

    @Test func `the common passwords are in lower case and have at least eight bytes`() {
        #expect(CommonPasswords.all.allSatisfy { $0.utf8.count >= 8 && $0.lowercased().utf8.elementsEqual($0.utf8) })
    }

    @Test func `the description of a password does not show it`() throws {
        #expect(!"\(try goodPassword.prepared)".contains("uncommon"))
    }
}

import COpenSSL
import Testing

@testable import Libcrypto

@Suite struct ScryptTests {
    private func derive(
        _ password: String, _ salt: String, _ parameters: ScryptParameters, maximumMemory: Int = 64 << 20,
        outputByteCount: Int = 64
    ) throws(ScryptError) -> [UInt8] {
        try scrypt(
            password: Array(password.utf8), salt: Array(salt.utf8), parameters: parameters,
            maximumMemory: maximumMemory, outputByteCount: outputByteCount)
    }

    /// RFC 7914 section 12. The fourth of its vectors takes a gigabyte of memory and is left out.
    @Test(arguments: [
        (
            "", "", ScryptParameters(cost: 16, blockSize: 1, parallelism: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", ScryptParameters(cost: 1024, blockSize: 8, parallelism: 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", ScryptParameters(cost: 16384, blockSize: 8, parallelism: 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func `scrypt derives the keys of RFC 7914`(
        password: String, salt: String, parameters: ScryptParameters, expected: String
    ) throws {
        #expect(try derive(password, salt, parameters).hexadecimal == expected)
    }

    private static let cheap = ScryptParameters(cost: 16, blockSize: 1, parallelism: 1)

    @Test func `a change of password, salt or any parameter changes the key`() throws {
        let keys = [
            try derive("password", "salt", Self.cheap), try derive("passwore", "salt", Self.cheap),
            try derive("password", "sale", Self.cheap), try derive("passwords", "alt", Self.cheap),
            try derive("password", "salt", ScryptParameters(cost: 32, blockSize: 1, parallelism: 1)),
            try derive("password", "salt", ScryptParameters(cost: 16, blockSize: 2, parallelism: 1)),
            try derive("password", "salt", ScryptParameters(cost: 16, blockSize: 1, parallelism: 2)),
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func `a key of any size is the beginning of a longer one`() throws {
        let long = try derive("password", "salt", Self.cheap, outputByteCount: 200)
        for count in [1, 16, 31, 32, 33, 64, 199] {
            #expect(try derive("password", "salt", Self.cheap, outputByteCount: count) == Array(long.prefix(count)))
        }
    }

    @Test(arguments: [
        (0, 8, 1), (1, 8, 1), (3, 8, 1), (1000, 8, 1), (-16, 8, 1), (.min, 8, 1), (16, 0, 1), (16, -8, 1), (16, 8, 0),
        (16, 8, -1), (16, 1 << 30, 1), (16, 8, 1 << 30), (1 << 62, 8, 1),
    ])
    func `parameters that RFC 7914 does not allow are rejected`(n: Int, r: Int, p: Int) {
        let error = #expect(throws: ScryptError.self) {
            try derive("password", "salt", ScryptParameters(cost: n, blockSize: r, parallelism: p))
        }
        #expect(error?.parameters == ScryptParameters(cost: n, blockSize: r, parallelism: p))
    }

    @Test func `parameters that need more than the allowed memory are rejected`() throws {
        let parameters = ScryptParameters(cost: 1024, blockSize: 8, parallelism: 1)
        let megabyte = 128 * parameters.cost * parameters.blockSize
        _ = try derive("password", "salt", parameters, maximumMemory: megabyte + 64 * 1024)
        for memory in [megabyte - 1, 1, 0, -1, .min] {
            #expect(throws: ScryptError.self) { try derive("password", "salt", parameters, maximumMemory: memory) }
        }
    }

    @Test(arguments: [0, -1, .min])
    func `a key without bytes is rejected`(count: Int) {
        #expect(throws: ScryptError.self) { try derive("password", "salt", Self.cheap, outputByteCount: count) }
    }

    @Test func `a rejection names the parameters and leaves no error in OpenSSL`() throws {
        ERR_clear_error()
        let error = #expect(throws: ScryptError.self) {
            try derive("password", "salt", ScryptParameters(cost: 1 << 20, blockSize: 8, parallelism: 1))
        }
        #expect(ERR_peek_error() == 0)
        #expect(error?.description == "scrypt does not accept N=1048576 r=8 p=1 within its memory limit")
        #expect(try derive("password", "salt", Self.cheap) == derive("password", "salt", Self.cheap))
    }

    @Test func `several tasks derive keys at once`() async throws {
        let expected = try (0..<8).map { try derive("password \($0)", "salt", Self.cheap) }
        try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            for index in expected.indices {
                group.addTask { (index, try derive("password \(index)", "salt", Self.cheap)) }
            }
            for try await (index, key) in group { #expect(key == expected[index]) }
        }
    }
}

import Foundation
import Libcrypto

/// A stored password: an scrypt hash as a PHC string, `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`.
///
/// Salt and hash are in base64 without padding. `ln` is the binary logarithm of scrypt's `N` (PHC string format).
struct PasswordHash: Sendable, Equatable {
    /// The cost parameters of scrypt (RFC 7914 §2).
    struct Cost: Sendable, Equatable, Comparable {
        let logN: Int
        let blockSize: Int
        let parallelism: Int

        /// The cost of new hashes: 32 MiB, one after the other three times (OWASP Password Storage Cheat Sheet).
        static let standard = Cost(logN: 15, blockSize: 8, parallelism: 3)

        /// The work, which grows in proportion to each parameter.
        var work: Int { (blockSize * parallelism) << logN }

        /// Compares the work.
        static func < (a: Cost, b: Cost) -> Bool { a.work < b.work }

        /// The cost that has to be added to `other` to get about the work of this one; nil when `other` has as much.
        func rest(after other: Cost) -> Cost? {
            let pass = work / parallelism
            let passes = (work - other.work + pass / 2) / pass
            return other < self && passes > 0 ? Cost(logN: logN, blockSize: blockSize, parallelism: passes) : nil
        }

        fileprivate var parameters: ScryptParameters {
            ScryptParameters(cost: 1 << logN, blockSize: blockSize, parallelism: parallelism)
        }
    }

    let cost: Cost
    let salt: [UInt8]
    let hash: [UInt8]

    private static let saltBytes = 16
    private static let hashBytes = 32
    /// The maximum memory for one hash, in bytes, whatever parameters the database contains.
    private static let maximumMemoryBytes = 80 << 20

    /// Hashes a password with a new salt, on the calling thread.
    ///
    /// - Throws: An error of libcrypto.
    init(of password: Password, cost: Cost) throws {
        self.cost = cost
        salt = randomBytes(Self.saltBytes)
        hash = try Self.derive(password, salt: salt, cost: cost)
    }

    /// A hash that no password matches. Sign-ins with unknown names are checked against it, at the full cost.
    static func unmatchable(cost: Cost) -> PasswordHash {
        PasswordHash(cost: cost, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes))
    }

    private init(cost: Cost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// Whether a password has this hash. The comparison takes the same time in both cases.
    func matches(_ password: Password) throws -> Bool {
        equalInConstantTime(try Self.derive(password, salt: salt, cost: cost), hash)
    }

    private static func derive(_ password: Password, salt: [UInt8], cost: Cost) throws -> [UInt8] {
        try scrypt(
            password: password.bytes, salt: salt, parameters: cost.parameters, maximumMemory: maximumMemoryBytes,
            outputByteCount: hashBytes)
    }
}

extension PasswordHash: CustomStringConvertible {
    /// The PHC string.
    var description: String {
        "$scrypt$ln=\(cost.logN),r=\(cost.blockSize),p=\(cost.parallelism)$\(Self.encode(salt))$\(Self.encode(hash))"
    }

    /// Reads a PHC string. Nil when it is not one of scrypt, or when its cost exceeds the limits of this program.
    init?(phc text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = Cost(parts[2]),
            let salt = Self.decode(parts[3]), let hash = Self.decode(parts[4]), hash.count == Self.hashBytes,
            (8...64).contains(salt.count)
        else { return nil }
        self.init(cost: cost, salt: salt, hash: hash)
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("=", with: "")
    }

    private static func decode(_ text: String) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text + padding).map(Array.init)
    }
}

extension PasswordHash.Cost {
    /// Reads `ln=15,r=8,p=1`.
    fileprivate init?(_ text: String) {
        let numbers = zip(text.split(separator: ",", omittingEmptySubsequences: false), ["ln=", "r=", "p="])
            .compactMap { part, name in part.hasPrefix(name) ? Int(part.dropFirst(name.count)) : nil }
        guard numbers.count == 3, text.filter({ $0 == "," }).count == 2, (1...20).contains(numbers[0]),
            (1...32).contains(numbers[1]), (1...16).contains(numbers[2])
        else { return nil }
        self.init(logN: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
    }
}

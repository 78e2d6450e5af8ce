import Foundation
import Testing

@testable import Libcrypto

/// The erasure of secrets, observed in the memory of a process. Each test has its own process: the memory of the process that
/// runs all tests is large, and other threads change its mappings.
@Suite(.serialized) struct ErasureTests {
    @Test func `a secret is found in memory while it is held`() async {
        await #expect(processExitsWith: .success) {
            let masked = MaskedBytes(randomBytes(5000))
            let secret = SecretBytes(masked.unmasked())
            let copies = try ProcessMemory().copies(ofEndOf: masked)
            #expect(copies >= 1)
            #expect(secret.count == 5000)
        }
    }

    @Test func `a secret leaves no copy in memory when its last reference is released`() async {
        await #expect(processExitsWith: .success) {
            let masked = MaskedBytes(randomBytes(5000))
            let memory = try ProcessMemory()
            func use() {
                var bytes = masked.unmasked()
                _ = SecretBytes(bytes)
                eraseBytes(&bytes)
            }
            use()
            let copies = memory.copies(ofEndOf: masked)
            #expect(copies == 0)
        }
    }

    @Test func `a key leaves no copy of its secret in memory when it is released`() async {
        await #expect(processExitsWith: .success) {
            let sizes: [(HashFunction, Int)] = [
                (.sha256, 64), (.sha256, 100), (.sha384, 128), (.sha512, 128), (.sha512, 200),
            ]
            for (function, count) in sizes {
                let masked = MaskedBytes(randomBytes(count))
                let hashed = MaskedBytes(hash(masked.unmasked(), with: function))
                let memory = try ProcessMemory()
                func use() {
                    var bytes = masked.unmasked()
                    _ = HMACKey(function, secret: bytes)
                    eraseBytes(&bytes)
                }
                use()
                // HMAC pads the secret in two ways, or the hash of a secret that is longer than a block.
                let block = count > function.blockByteCount ? hashed : masked
                let copies = [UInt8(0), 0x36, 0x5C].map { memory.copies(ofEndOf: block, pad: $0) }
                #expect(copies == [0, 0, 0], "\(function), \(count) bytes")
            }
        }
    }
}

/// Bytes under a mask, because the memory of the test must not hold the bytes themselves.
private struct MaskedBytes {
    private let masked: [UInt8]
    private static let mask: UInt8 = 0x99

    init(_ bytes: consuming [UInt8]) {
        masked = bytes.map { $0 ^ Self.mask }
        eraseBytes(&bytes)
    }

    var count: Int { masked.count }

    subscript(index: Int) -> UInt8 { masked[index] ^ Self.mask }

    func unmasked() -> [UInt8] { masked.map { $0 ^ Self.mask } }
}

/// The writable memory of this process.
///
/// Released memory keeps its content until it is allocated again. A search allocates nothing, and takes place right after the
/// release.
@safe private final class ProcessMemory {
    private static let step = 1 << 20
    private static let comparedBytes = 16

    private let file: FileHandle
    private let regions: [Range<UInt>]
    private let chunk: UnsafeMutableRawBufferPointer

    init() throws {
        file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/mem"))
        unsafe chunk = .allocate(byteCount: Self.step + Self.comparedBytes, alignment: 16)
        regions = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n").compactMap {
            let fields = $0.split(separator: " ")
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return fields[1].hasPrefix("rw") && bounds.count == 2 ? bounds[0]..<bounds[1] : nil
        }
    }

    deinit {
        unsafe chunk.deallocate()
        try? file.close()
    }

    /// The number of copies of the last 16 of `bytes`, each combined with `pad`. The allocator may have written over the first
    /// ones.
    func copies(ofEndOf bytes: MaskedBytes, pad: UInt8 = 0) -> Int {
        var count = 0
        for region in regions {
            for address in stride(from: region.lowerBound, to: region.upperBound, by: Self.step) {
                let size = unsafe min(chunk.count, Int(region.upperBound - address))
                let read = unsafe pread(file.fileDescriptor, chunk.baseAddress, size, off_t(address))
                count += matches(of: bytes, pad, in: max(0, read), at: address)
            }
        }
        return count
    }

    private func matches(of bytes: MaskedBytes, _ pad: UInt8, in size: Int, at address: UInt) -> Int {
        guard let base = unsafe chunk.baseAddress else { return 0 }
        let own = unsafe UInt(bitPattern: base)..<(UInt(bitPattern: base) + UInt(chunk.count))
        let start = bytes.count - Self.comparedBytes
        var (count, offset) = (0, 0)
        while offset + Self.comparedBytes <= size,
            let found = unsafe memchr(
                base + offset, Int32(bytes[start] ^ pad), size - Self.comparedBytes + 1 - offset)
        {
            offset = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
            var isMatch = !own.contains(address + UInt(offset))
            for index in 0..<Self.comparedBytes where unsafe chunk[offset + index] != bytes[start + index] ^ pad {
                isMatch = false
                break
            }
            if isMatch { count += 1 }
            offset += 1
        }
        return count
    }
}

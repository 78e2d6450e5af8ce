import COpenSSL

/// `count` bytes from the random number generator of the system.
///
/// The process ends when the generator fails, because it must not continue with predictable bytes.
public func randomBytes(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        // Call it outside of the precondition: the compiler may remove a condition (-Ounchecked).
        let isSuccessful = unsafe RAND_bytes(buffer.baseAddress, Int32(count)) == 1
        guard isSuccessful else { fatalError("the random number generator failed") }
        initialized = count
    }
}

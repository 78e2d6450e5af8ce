import Synchronization

/// A generator of the ids of traces and spans: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators",
/// 2014), which starts at a number of the system's generator.
///
/// An id costs a few instructions, and neither a system call nor a lock. The ids are no secrets: after a few of them, anybody
/// can compute the next ones.
final class IDGenerator: Sendable {
    private static let spans = IDGenerator()
    private static let traces = IDGenerator()
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private let state = Atomic(UInt64.random(in: .min ... .max))

    /// A new id of a span. It is not zero, and no other span of the process has it.
    static func spanID() -> UInt64 { spans.next() }

    /// A new id of a trace. It is not zero. Two generators, whose starts are independent, make the 128 bits.
    static func traceID() -> UInt128 { UInt128(traces.next()) << 64 | UInt128(spans.next()) }

    private func next() -> UInt64 {
        var bits = state.wrappingAdd(Self.step, ordering: .relaxed).newValue
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return bits == 0 ? next() : bits
    }
}

/// Decides which traces are recorded (OpenTelemetry SDK, "Built-in samplers").
public struct Sampler: Sendable, Equatable {
    /// The share of the new traces that are recorded, from 0 to 1.
    public var ratio: Double
    /// Whether a trace that a caller began is recorded exactly if the caller records it.
    public var isParentBased: Bool

    /// Creates a sampler.
    public init(ratio: Double, isParentBased: Bool) {
        self.ratio = ratio
        self.isParentBased = isParentBased
    }

    /// Whether a span of a trace is recorded. Equal trace ids give equal decisions in all services with the same ratio.
    func samples(_ traceID: UInt128, under parent: TraceContext?) -> Bool {
        if isParentBased, let parent { return parent.isSampled }
        return UInt64(truncatingIfNeeded: traceID) >> 1 < UInt64(ratio * Self.one)
    }

    /// The ratio 1 in the 63 random bits that decide.
    private static let one = Double(UInt64(1) << 63)
}

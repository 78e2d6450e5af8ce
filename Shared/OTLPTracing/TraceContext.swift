/// The position of an operation in a trace, as services tell it to each other (W3C Trace Context).
public struct TraceContext: Sendable, Equatable {
    /// The id that all spans of a trace share. It is not zero.
    public let traceID: UInt128
    /// The id of the span. It is not zero.
    public let spanID: UInt64
    /// Whether the span is recorded (§3.2.2.5.1).
    public let isSampled: Bool
    /// Whether the caller says that the id of the trace is random (Level 2 §3.2.2.5.2). It is passed on.
    public let isRandom: Bool
    /// What other tracing systems added to the trace: the value of `tracestate`, at most 512 bytes.
    public let state: String
    /// Whether the span is one of another process, or of an earlier time: its ids were read from text.
    public let isRemote: Bool

    /// The number of bytes of a `traceparent` of version 00.
    private static let length = 55
    private static let dash = UInt8(ascii: "-")

    private enum Flag {
        static let sampled: UInt8 = 1
        static let random: UInt8 = 2
    }

    /// The flags that have a meaning; the others are zero.
    var flags: UInt8 { (isSampled ? Flag.sampled : 0) | (isRandom ? Flag.random : 0) }

    init(
        traceID: UInt128, spanID: UInt64, isSampled: Bool, isRandom: Bool = false, state: String = "",
        isRemote: Bool = false
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.isRandom = isRandom
        self.state = state
        self.isRemote = isRemote
    }

    /// Reads the header fields of a request. Returns nil if `traceparent` is invalid.
    ///
    /// Version 00 has exactly four members. Of a later version, only the first four count (§3.2.4). Version ff, upper-case
    /// digits and ids of zeros are invalid. An invalid `tracestate` is ignored (§3.3).
    public init?(traceparent: String, tracestate: String? = nil) {
        let bytes = Array(traceparent.utf8.prefix(Self.length + 1))
        guard bytes.count >= Self.length, [2, 35, 52].allSatisfy({ bytes[$0] == Self.dash }),
            let version = UInt8(hexadecimal: bytes[0..<2]), version != 0xFF,
            let traceID = UInt128(hexadecimal: bytes[3..<35]), traceID != 0,
            let spanID = UInt64(hexadecimal: bytes[36..<52]), spanID != 0,
            let flags = UInt8(hexadecimal: bytes[53..<55]),
            bytes.count == Self.length || (version != 0 && bytes[Self.length] == Self.dash)
        else { return nil }
        self.init(
            traceID: traceID, spanID: spanID, isSampled: flags & Flag.sampled != 0, isRandom: flags & Flag.random != 0,
            state: tracestate.map(TraceState.passedOn) ?? "", isRemote: true)
    }

    /// The header field `traceparent`, in version 00.
    public var traceparent: String {
        var text: [UInt8] = []
        text.reserveCapacity(Self.length)
        text += "00-".utf8
        text.append(hexadecimal: traceID)
        text.append(Self.dash)
        text.append(hexadecimal: spanID)
        text.append(Self.dash)
        text.append(hexadecimal: flags)
        return String(decoding: text, as: UTF8.self)
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// Reads lower-case hexadecimal digits. Nil if a byte is no such digit.
    init?(hexadecimal digits: ArraySlice<UInt8>) {
        self = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = self << 4 | Self(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): self = self << 4 | Self(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
    }

    /// All digits in lower-case hexadecimal, with leading zeros.
    var hexadecimal: String {
        var digits: [UInt8] = []
        digits.append(hexadecimal: self)
        return String(decoding: digits, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends all digits of a number in lower-case hexadecimal, with leading zeros.
    fileprivate mutating func append<Number: FixedWidthInteger & UnsignedInteger>(hexadecimal number: Number) {
        reserveCapacity(count + Number.bitWidth / 4)
        for shift in stride(from: Number.bitWidth - 4, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> Number(shift)) & 0xF
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10))
        }
    }
}

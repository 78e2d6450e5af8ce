/// The header field `tracestate` (W3C Trace Context §3.3): a list of `key=value` that each tracing system passes on.
enum TraceState {
    /// The bytes that are passed on. Every system must pass on this many (§3.3.1.5).
    private static let maximumBytes = 512
    private static let maximumMembers = 32
    /// When a list is too long, longer members go first (§3.3.1.5).
    private static let longMemberBytes = 128
    private static let maximumPartBytes = 256

    /// The list as it is passed on; empty if it is invalid.
    ///
    /// Of several members with one key, the first one is passed on, which is the newest. A list that is too long loses its long
    /// members first, and then its last ones.
    static func passedOn(_ text: String) -> String {
        var members = text.utf8.split(separator: UInt8(ascii: ",")).map { Array($0).trimmed }.filter { !$0.isEmpty }
        guard members.count <= maximumMembers, members.allSatisfy(isValid) else { return "" }
        var keys: Set<ArraySlice<UInt8>> = []
        members.removeAll { !keys.insert($0.prefix { $0 != equals }).inserted }
        if bytes(of: members) > maximumBytes { members.removeAll { $0.count > longMemberBytes } }
        while bytes(of: members) > maximumBytes { members.removeLast() }
        return members.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
    }

    private static func bytes(of members: [[UInt8]]) -> Int {
        members.reduce(-1) { $0 + $1.count + 1 }
    }

    private static let equals = UInt8(ascii: "=")

    /// Whether a member has the form of §3.3.1.3.
    private static func isValid(_ member: [UInt8]) -> Bool {
        let key = member.prefix { $0 != equals }
        let value = member.dropFirst(key.count + 1)
        return (1...maximumPartBytes).contains(key.count) && (1...maximumPartBytes).contains(value.count)
            && key.first.map(isFirstOfKey) == true && key.allSatisfy(isInKey)
            && value.allSatisfy { (0x20...0x7E).contains($0) && $0 != equals }
    }

    private static func isFirstOfKey(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isInKey(_ byte: UInt8) -> Bool {
        isFirstOfKey(byte) || "_-*/@".utf8.contains(byte)
    }
}

extension [UInt8] {
    /// The bytes without spaces and tabs at both ends.
    fileprivate var trimmed: [UInt8] {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        return Array(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}

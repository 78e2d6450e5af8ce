/// The arrays and objects that are open at the position of a scanner.
///
/// One word holds their kinds. An object also allocates memory for the names of its members so far.
struct OpenContainers {
    /// One bit for each container, set for an object. The lowest bit is that of the innermost container.
    private var kinds: UInt64 = 0
    private(set) var depth = 0
    private var names: [Set<[UInt8]>] = []

    var isObject: Bool { kinds & 1 == 1 }
    var closingBracket: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

    mutating func push(isObject: Bool) throws(JSONError) {
        // The outermost object is not in `kinds`, but it counts too.
        guard depth + 1 < JSONScanner.maximumDepth else { throw .tooDeep }
        kinds = kinds << 1 | (isObject ? 1 : 0)
        depth += 1
        if isObject { names.append([]) }
    }

    mutating func pop() {
        if isObject { names.removeLast() }
        kinds >>= 1
        depth -= 1
    }

    /// Adds a name to the innermost object. Returns false when the object already has the name.
    mutating func insert(_ name: [UInt8]) -> Bool {
        names[names.count - 1].insert(name).inserted
    }
}

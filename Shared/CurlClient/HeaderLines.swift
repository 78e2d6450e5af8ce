import CCurl
import Glibc
import HTTPTypes

/// The header lines of a request, as libcurl's linked list in one block of memory. Only its number changes after its creation.
@safe final class HeaderLines: @unchecked Sendable {
    /// The first line; nil without lines. It is valid as long as this object exists.
    let first: UnsafeMutablePointer<curl_slist>?

    /// The memory of the list: its nodes, and after them the text of all lines.
    private let memory: UnsafeMutableRawPointer
    /// The digits of the number that `setNumber` replaces.
    private let number: UnsafeMutableRawBufferPointer

    fileprivate init(_ lines: borrowing HeaderLineBuilder) {
        let nodeBytes = unsafe lines.count * MemoryLayout<curl_slist>.stride
        let memory = unsafe UnsafeMutableRawPointer.allocate(
            byteCount: nodeBytes + lines.text.count, alignment: MemoryLayout<curl_slist>.alignment)
        unsafe lines.text.withUnsafeBytes { text in
            unsafe UnsafeMutableRawBufferPointer(start: memory + nodeBytes, count: text.count).copyMemory(from: text)
        }
        let nodes = unsafe memory.bindMemory(to: curl_slist.self, capacity: lines.count)
        var line = unsafe (memory + nodeBytes).bindMemory(to: CChar.self, capacity: lines.text.count)
        for index in 0..<lines.count {
            let next = unsafe index + 1 < lines.count ? nodes + index + 1 : nil
            unsafe (nodes + index).initialize(to: curl_slist(data: line, next: next))
            unsafe line += strlen(line) + 1
        }
        unsafe first = lines.count == 0 ? nil : nodes
        unsafe self.memory = unsafe memory
        unsafe number = UnsafeMutableRawBufferPointer(
            start: memory + nodeBytes + lines.number.lowerBound, count: lines.number.count)
    }

    /// Replaces the number by a smaller positive one, with spaces before it. Without a number, it does nothing. Only the thread
    /// that has locked the engine may call it.
    func setNumber(_ value: @autoclosure () -> Int) {
        guard unsafe !number.isEmpty else { return }
        var rest = value()
        for index in unsafe (0..<number.count).reversed() {
            unsafe number[index] = rest > 0 ? UInt8(ascii: "0") + UInt8(rest % 10) : UInt8(ascii: " ")
            rest /= 10
        }
    }

    deinit { unsafe memory.deallocate() }
}

/// Collects header lines in libcurl's form: `Name: value`, `Name;` for an empty value, and `Name:` for a field that libcurl
/// must not send.
struct HeaderLineBuilder: ~Copyable {
    /// The lines, each with a NUL at its end.
    fileprivate var text: [UInt8] = []
    /// The number of lines.
    fileprivate var count = 0
    /// Where the digits of the number are in `text`.
    fileprivate var number = 0..<0

    private static let usualBytes = 1024

    init() { text.reserveCapacity(Self.usualBytes) }

    /// Adds a field.
    mutating func add(_ name: HTTPField.Name, value: UnsafeBufferPointer<UInt8>) {
        count += 1
        text.append(contentsOf: name.rawName.utf8)
        if value.isEmpty {
            text.append(UInt8(ascii: ";"))
        } else {
            text.append(UInt8(ascii: ":"))
            text.append(UInt8(ascii: " "))
            unsafe text.append(contentsOf: value)
        }
        text.append(0)
    }

    /// Says that the value of the last field is the number that `HeaderLines.setNumber` replaces.
    mutating func markNumber(digits: Int) { number = text.count - 1 - digits..<text.count - 1 }

    /// Keeps libcurl from sending a field that it would send on its own.
    mutating func suppress(_ name: HTTPField.Name) {
        count += 1
        text.append(contentsOf: name.rawName.utf8)
        text.append(UInt8(ascii: ":"))
        text.append(0)
    }

    consuming func lines() -> HeaderLines { HeaderLines(self) }
}

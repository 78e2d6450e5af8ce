import CCurl
import Glibc
import HTTPTypes

/// The header lines of a request, as libcurl's linked list in one block of memory. It does not change after its creation.
@safe final class HeaderLines: @unchecked Sendable {
    /// The first line; nil without lines. It is valid as long as this object exists.
    let first: UnsafeMutablePointer<curl_slist>?

    private let nodes: UnsafeMutableBufferPointer<curl_slist>
    private let text: UnsafeMutableBufferPointer<CChar>

    fileprivate init(_ lines: borrowing HeaderLineBuilder) {
        let nodes = UnsafeMutableBufferPointer<curl_slist>.allocate(capacity: lines.count)
        let text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: lines.text.count)
        unsafe lines.text.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(text).copyMemory(from: $0) }
        var start = 0
        for index in 0..<lines.count {
            let next = unsafe index + 1 < nodes.count ? nodes.baseAddress.map { unsafe $0 + index + 1 } : nil
            let line = unsafe text.baseAddress.map { unsafe $0 + start }
            unsafe nodes.initializeElement(at: index, to: curl_slist(data: line, next: next))
            start += unsafe line.map { unsafe strlen($0) + 1 } ?? 0
        }
        unsafe first = nodes.isEmpty ? nil : nodes.baseAddress
        unsafe self.nodes = unsafe nodes
        unsafe self.text = unsafe text
    }

    deinit {
        unsafe nodes.deallocate()
        unsafe text.deallocate()
    }
}

/// Collects header lines in libcurl's form: `Name: value`, `Name;` for an empty value, and `Name:` for a field that libcurl
/// must not send.
struct HeaderLineBuilder: ~Copyable {
    /// The lines, each with a NUL at its end.
    fileprivate var text: [UInt8] = []
    /// The number of lines.
    fileprivate var count = 0

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

    /// Keeps libcurl from sending a field that it would send on its own.
    mutating func suppress(_ name: HTTPField.Name) {
        count += 1
        text.append(contentsOf: name.rawName.utf8)
        text.append(UInt8(ascii: ":"))
        text.append(0)
    }

    consuming func lines() -> HeaderLines { HeaderLines(self) }
}

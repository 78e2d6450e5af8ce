import CCurl
import Glibc

/// libcurl's easy handle: the options of one transfer. A setter returns false when libcurl has no memory.
@safe struct EasyHandle: ~Copyable {
    private let pointer: UnsafeMutableRawPointer
    private var headerLines: UnsafeMutablePointer<curl_slist>?

    init?() {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    // `TransferEngine` has already removed the handle from its multi handle.
    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headerLines)
    }

    /// The handle's id in a multi handle.
    var id: MultiHandle.ID { unsafe MultiHandle.ID(pointer) }

    /// The `errno` of the last failed system call; 0 when none failed.
    var systemError: CInt { unsafe CInt(truncatingIfNeeded: ccurl_get_long(pointer, CURLINFO_OS_ERRNO)) }

    func set(_ option: CURLoption, _ value: Int) -> Bool {
        unsafe ccurl_set_long(pointer, option, value) == CURLE_OK
    }

    func set(_ option: CURLoption, _ value: String) -> Bool {
        unsafe value.withCString { unsafe ccurl_set_string(pointer, option, $0) == CURLE_OK }
    }

    /// Makes the request a POST with a copy of these bytes as its body.
    func setBody(_ body: [UInt8]) -> Bool {
        guard unsafe ccurl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)) == CURLE_OK else {
            return false
        }
        // An empty array may have no address. Without an address, libcurl reads the body with a callback.
        return unsafe (body.isEmpty ? [0] : body).withUnsafeBytes { bytes in
            let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            return unsafe ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start) == CURLE_OK
        }
    }

    /// Adds a header line in libcurl's form, without its line ending: `Name: value`, `Name;` for an empty value, and
    /// `Name:` for a field that libcurl must not send.
    mutating func addHeaderLine(_ line: [UInt8]) -> Bool {
        let lines = unsafe (line + [0]).withUnsafeBytes { bytes in
            unsafe curl_slist_append(headerLines, bytes.assumingMemoryBound(to: CChar.self).baseAddress)
        }
        guard let lines = unsafe lines else { return false }
        unsafe headerLines = lines
        return unsafe ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, lines) == CURLE_OK
    }

    /// Sets the transfer that libcurl's callbacks report to. The transfer must exist as long as the handle is in a
    /// multi handle.
    func setReceiver(_ transfer: Transfer) -> Bool {
        let user = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        return unsafe ccurl_set_pointer(pointer, CURLOPT_PREREQDATA, user) == CURLE_OK
            && ccurl_set_pointer(pointer, CURLOPT_HEADERDATA, user) == CURLE_OK
            && ccurl_set_pointer(pointer, CURLOPT_WRITEDATA, user) == CURLE_OK
            && ccurl_set_prerequest_callback(pointer, beginSending) == CURLE_OK
            && ccurl_set_data_callback(pointer, CURLOPT_HEADERFUNCTION, receiveHeadLine) == CURLE_OK
            && ccurl_set_data_callback(pointer, CURLOPT_WRITEFUNCTION, receiveBody) == CURLE_OK
    }
}

private func beginSending(
    _ user: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
    _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
    let mayBegin = unsafe transfer(user)?.mayBeginSending() ?? false
    return mayBegin ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func receiveHeadLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer(user)?.response.receiveHeadLine(line) == true ? line.count : 0
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    let part = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer(user)?.response.receiveBody(part) == true ? part.count : 0
}

private func transfer(_ user: UnsafeMutableRawPointer?) -> Transfer? {
    unsafe user.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

import CCurl
import Glibc
import HTTPTypes

/// libcurl's easy handle, which runs one transfer after another. A setter returns false when libcurl has no memory.
@safe final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// The URL of the last request, parsed. libcurl parses and prints the text of a URL again for each request.
    private let parsedURL: OpaquePointer
    private var url = ""
    /// Whether the last request was a GET without further options. Most are, and the next such one needs no other settings.
    private var isPlainGet = false
    /// Whether no connection is used twice. With prior knowledge, libcurl 7.88 fails with HTTP/2 on a connection that it reuses.
    private let usesConnectionsOnce: Bool
    /// The transfer that libcurl's callbacks report to.
    private(set) var transfer: Transfer?
    /// Whether libcurl accepted the last transfer. If not, what libcurl tells is about the transfer before it.
    private var isPrepared = false

    /// Creates a handle for requests with the limits of `configuration`. `interests` closes its sockets.
    init?(_ configuration: HTTPClient.Configuration, interests: SocketInterests) {
        guard let parsedURL = unsafe curl_url() else { return nil }
        guard let pointer = unsafe curl_easy_init() else {
            unsafe curl_url_cleanup(parsedURL)
            return nil
        }
        unsafe self.parsedURL = unsafe parsedURL
        unsafe self.pointer = unsafe pointer
        usesConnectionsOnce = configuration.protocolVersion == .http2PriorKnowledge
        guard setConnection(configuration, interests), setCallbacks() else { return nil }
    }

    // `TransferEngine` has already removed the handle from its multi handle.
    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_url_cleanup(parsedURL)
    }

    /// The object for libcurl's pointer.
    static func of(_ pointer: UnsafeMutableRawPointer) -> EasyHandle? {
        unsafe easyHandle(ccurl_get_pointer(pointer, CURLINFO_PRIVATE))
    }

    /// The `errno` of the last failed system call; 0 when none failed.
    var systemError: CInt { unsafe CInt(truncatingIfNeeded: ccurl_get_long(pointer, CURLINFO_OS_ERRNO)) }

    /// Whether the transfer opened a connection, instead of reusing one.
    var hasConnected: Bool { unsafe isPrepared && ccurl_get_long(pointer, CURLINFO_NUM_CONNECTS) > 0 }

    /// Whether further requests may use the connection at the same time, as with HTTP/2.
    var isMultiplexed: Bool {
        unsafe ccurl_get_long(pointer, CURLINFO_HTTP_VERSION) >= Int(CURL_HTTP_VERSION_2_0)
    }

    /// The socket of the connection of a transfer that has ended; negative when the connection is closed.
    var socket: CInt { unsafe ccurl_get_socket(pointer) }

    /// Prepares the handle for a transfer. Returns libcurl's error, or `CURLE_OK`.
    func begin(_ transfer: Transfer) -> CURLcode {
        self.transfer = transfer
        isPrepared = false
        // A rejected URL must leave a method that is set completely.
        let isSet =
            unsafe setMethod(transfer)
            && ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, transfer.head.lines.first) == CURLE_OK
        guard isSet else {
            isPlainGet = false
            return CURLE_OUT_OF_MEMORY
        }
        let code = setURL(transfer.head.url)
        isPrepared = code == CURLE_OK
        return code
    }

    /// Continues a transfer that waited for its streams. Returns libcurl's error, or `CURLE_OK`.
    func resume() -> CURLcode { unsafe curl_easy_pause(pointer, CURLPAUSE_CONT) }

    /// Forgets the transfer and its body.
    func end() {
        if transfer?.body != nil {
            unsafe ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, nil)
            // For libcurl, this option alone makes the next request a POST.
            isPlainGet = false
        }
        transfer = nil
    }

    /// Parses a URL, unless it is that of the last request. Returns libcurl's error, or `CURLE_OK`.
    private func setURL(_ url: String) -> CURLcode {
        guard url != self.url else { return CURLE_OK }
        // Callers sign the path, so it must not change.
        let code = unsafe curl_url_set(parsedURL, CURLUPART_URL, url, CUnsignedInt(CURLU_PATH_AS_IS))
        self.url = code == CURLUE_OK ? url : ""
        return switch code {
        case CURLUE_OK: CURLE_OK
        case CURLUE_OUT_OF_MEMORY: CURLE_OUT_OF_MEMORY
        default: CURLE_URL_MALFORMAT
        }
    }

    private func setMethod(_ transfer: Transfer) -> Bool {
        let method = transfer.head.method
        let wasPlainGet = isPlainGet
        isPlainGet =
            method == .get && transfer.body == nil && transfer.upload == nil && !transfer.head.isSentOnce
            && !transfer.head.acceptsGzip
        if wasPlainGet && isPlainGet { return true }
        guard set(CURLOPT_FRESH_CONNECT, transfer.head.isSentOnce || usesConnectionsOnce ? 1 : 0),
            set(CURLOPT_HTTPGET, 1),
            set(CURLOPT_ACCEPT_ENCODING, transfer.head.acceptsGzip ? "gzip" : nil)
        else { return false }
        if let upload = transfer.upload {
            return unsafe set(CURLOPT_UPLOAD, 1)
                && ccurl_set_size(pointer, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.length ?? -1)) == CURLE_OK
                && set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
        if let body = transfer.body { return setBody(body) && set(CURLOPT_CUSTOMREQUEST, method.rawValue) }
        switch method {
        case .get: return set(CURLOPT_CUSTOMREQUEST, nil)
        case .head: return set(CURLOPT_CUSTOMREQUEST, nil) && set(CURLOPT_NOBODY, 1)
        default: return set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
    }

    /// Makes the request a POST with a body, which the transfer keeps.
    private func setBody(_ body: [UInt8]) -> Bool {
        guard unsafe ccurl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)) == CURLE_OK else {
            return false
        }
        // An empty array may have no address. Without an address, libcurl reads the body with a callback.
        return unsafe (body.isEmpty ? [0] : body).withUnsafeBytes { bytes in
            let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            return unsafe ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start) == CURLE_OK
        }
    }

    private func setConnection(_ configuration: HTTPClient.Configuration, _ interests: SocketInterests) -> Bool {
        let sockets = unsafe Unmanaged.passUnretained(interests).toOpaque()
        return unsafe set(CURLOPT_PROTOCOLS_STR, "http,https")
            && set(CURLOPT_PROXY, "")
            && ccurl_set_pointer(pointer, CURLOPT_CURLU, UnsafeMutableRawPointer(parsedURL)) == CURLE_OK
            && setProtocolVersion(configuration.protocolVersion)
            && setPeer(configuration)
            && set(CURLOPT_NOSIGNAL, 1)
            // Without this option, libcurl blocks when a transfer ends during the resolution of its host name.
            && set(CURLOPT_QUICK_EXIT, 1)
            // A host may get another address at any time, and most requests need no new connection.
            && set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
            && set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
            && set(CURLOPT_MAXAGE_CONN, max(0, Int(configuration.idleLifetime.components.seconds)))
            && ccurl_set_pointer(pointer, CURLOPT_OPENSOCKETDATA, sockets) == CURLE_OK
            && ccurl_set_open_callback(pointer, openSocket) == CURLE_OK
            && ccurl_set_pointer(pointer, CURLOPT_CLOSESOCKETDATA, sockets) == CURLE_OK
            && ccurl_set_close_callback(pointer, closeSocket) == CURLE_OK
    }

    private func setProtocolVersion(_ version: HTTPClient.ProtocolVersion) -> Bool {
        switch version {
        case .http1: set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        // With `PIPEWAIT`, a request waits for a connection that is being made, to share it.
        case .http2: set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS) && set(CURLOPT_PIPEWAIT, 1)
        case .http2PriorKnowledge:
            set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE) && set(CURLOPT_FORBID_REUSE, 1)
        }
    }

    /// Sets how the server is reached, and how both sides prove who they are.
    private func setPeer(_ configuration: HTTPClient.Configuration) -> Bool {
        if let path = configuration.unixSocketPath, !set(CURLOPT_UNIX_SOCKET_PATH, path) { return false }
        if let path = configuration.trustedAuthoritiesPath,
            // Without the second option, libcurl also trusts the system's folder of authorities.
            !(set(CURLOPT_CAINFO, path) && set(CURLOPT_CAPATH, nil))
        {
            return false
        }
        guard let certificate = configuration.clientCertificate else { return true }
        return set(CURLOPT_SSLCERT, certificate.certificatePath) && set(CURLOPT_SSLKEY, certificate.keyPath)
    }

    private func setCallbacks() -> Bool {
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        return unsafe ccurl_set_pointer(pointer, CURLOPT_PRIVATE, user) == CURLE_OK
            && ccurl_set_pointer(pointer, CURLOPT_PREREQDATA, user) == CURLE_OK
            && ccurl_set_pointer(pointer, CURLOPT_HEADERDATA, user) == CURLE_OK
            && ccurl_set_pointer(pointer, CURLOPT_WRITEDATA, user) == CURLE_OK
            && ccurl_set_prerequest_callback(pointer, beginSending) == CURLE_OK
            && ccurl_set_data_callback(pointer, CURLOPT_HEADERFUNCTION, receiveHeadLine) == CURLE_OK
            && ccurl_set_data_callback(pointer, CURLOPT_WRITEFUNCTION, receiveBody) == CURLE_OK
            && ccurl_set_pointer(pointer, CURLOPT_READDATA, user) == CURLE_OK
            && ccurl_set_data_callback(pointer, CURLOPT_READFUNCTION, sendBody) == CURLE_OK
    }

    private func set(_ option: CURLoption, _ value: Int) -> Bool {
        unsafe ccurl_set_long(pointer, option, value) == CURLE_OK
    }

    /// Sets a text, or with nil the default.
    private func set(_ option: CURLoption, _ value: String?) -> Bool {
        guard let value else { return unsafe ccurl_set_string(pointer, option, nil) == CURLE_OK }
        return unsafe value.withCString { unsafe ccurl_set_string(pointer, option, $0) == CURLE_OK }
    }
}

// MARK: - Callbacks of libcurl

private func beginSending(
    _ user: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
    _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
    let mayBegin = unsafe easyHandle(user)?.transfer?.mayBeginSending(fromPort: localPort) ?? false
    return mayBegin ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func receiveHeadLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe easyHandle(user)?.transfer?.receiveHeadLine(line) == true ? line.count : 0
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    let part = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe easyHandle(user)?.transfer?.receiveBody(part) ?? 0
}

private func sendBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return unsafe easyHandle(user)?.transfer?.sendBody(into: buffer) ?? Int(CURL_READFUNC_ABORT)
}

private func openSocket(
    _ user: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> CInt {
    guard let address = unsafe address?.pointee else { return CURL_SOCKET_BAD }
    return unsafe SocketInterests.of(user)?.open(address.family, address.socktype, address.protocol) ?? CURL_SOCKET_BAD
}

private func closeSocket(_ user: UnsafeMutableRawPointer?, _ socket: CInt) -> CInt {
    unsafe SocketInterests.of(user)?.close(socket)
    return 0
}

private func easyHandle(_ user: UnsafeMutableRawPointer?) -> EasyHandle? {
    unsafe user.map { unsafe Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
}

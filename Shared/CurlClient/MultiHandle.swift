import CCurl

/// libcurl's multi handle, which runs transfers. Only one thread may use it.
@safe struct MultiHandle: ~Copyable {
    /// The identity of an easy handle.
    struct ID: Hashable, Sendable {
        private let address: UInt

        init(_ easy: UnsafeMutableRawPointer) { address = UInt(bitPattern: easy) }

        fileprivate var pointer: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: address) }
    }

    private let pointer: UnsafeMutableRawPointer

    init(maximumConnections: Int) {
        _ = Self.library
        guard let pointer = unsafe curl_multi_init() else { fatalError("libcurl has no memory for a multi handle") }
        unsafe self.pointer = unsafe pointer
        unsafe ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, maximumConnections)
    }

    /// The result of initializing libcurl, which happens once in a process and is never undone.
    private static let library = curl_global_init(Int(CURL_GLOBAL_ALL))

    /// Starts a transfer. Returns false when libcurl has no memory.
    func add(_ easy: ID) -> Bool { unsafe curl_multi_add_handle(pointer, easy.pointer) == CURLM_OK }

    /// Ends a transfer, and closes its connection unless the response was complete.
    func remove(_ easy: ID) { unsafe curl_multi_remove_handle(pointer, easy.pointer) }

    /// Advances all transfers as far as possible without waiting.
    func perform() {
        var running: Int32 = 0
        unsafe curl_multi_perform(pointer, &running)
    }

    /// A transfer that has ended, with its result; nil when there is no further one.
    func nextFinished() -> (easy: ID, code: CURLcode)? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(pointer, &left) {
            if unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle {
                return unsafe (ID(easy), message.pointee.data.result)
            }
        }
        return nil
    }

    /// Waits until `perform` can advance a transfer, `wakeup` is signalled, or the time has passed.
    func wait(for wakeup: WakeupEvent, milliseconds: Int) {
        var waited = curl_waitfd(fd: wakeup.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        unsafe curl_multi_poll(pointer, &waited, 1, Int32(clamping: milliseconds), nil)
        if waited.revents != 0 { wakeup.reset() }
    }

    // This closes all connections.
    deinit { unsafe curl_multi_cleanup(pointer) }
}

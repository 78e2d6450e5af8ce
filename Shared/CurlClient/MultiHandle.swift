import CCurl

/// libcurl's multi handle, which runs transfers on sockets. Only one thread may use it at a time.
@safe struct MultiHandle: ~Copyable {
    private let pointer: UnsafeMutableRawPointer
    /// What libcurl waits for.
    let interests: SocketInterests

    init(maximumConnections: Int, poll: EventPoll) {
        _ = Self.library
        guard let pointer = unsafe curl_multi_init() else { fatalError("libcurl has no memory for a multi handle") }
        unsafe self.pointer = unsafe pointer
        interests = SocketInterests(poll: poll)
        let user = unsafe Unmanaged.passUnretained(interests).toOpaque()
        unsafe ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, maximumConnections)
        unsafe ccurl_multi_set_callbacks(pointer, setInterest, setTimer, user)
    }

    /// The result of initializing libcurl, which happens once in a process and is never undone.
    private static let library = curl_global_init(Int(CURL_GLOBAL_ALL))

    /// Starts a transfer. `runTimers` then advances it. Returns false when libcurl has no memory.
    func add(_ easy: EasyHandle) -> Bool { unsafe curl_multi_add_handle(pointer, easy.pointer) == CURLM_OK }

    /// Ends a transfer, and closes its connection unless the response was complete.
    func remove(_ easy: EasyHandle) { unsafe curl_multi_remove_handle(pointer, easy.pointer) }

    /// Advances the transfer of a socket that is ready.
    func advance(_ ready: EventPoll.Readiness) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(pointer, ready.socket, ready.operations, &running)
    }

    /// Advances the transfers that were added, or whose time in `interests.timer` has come.
    func runTimers() {
        interests.clearTimer()
        var running: Int32 = 0
        unsafe curl_multi_socket_action(pointer, CURL_SOCKET_BAD, 0, &running)
        guard interests.timer == nil else { return }
        // libcurl tells a time only if it differs from the last one.
        var milliseconds = -1
        unsafe curl_multi_timeout(pointer, &milliseconds)
        if milliseconds >= 0 { interests.setTimer(milliseconds: max(1, milliseconds)) }
    }

    /// A transfer that has ended, with its result; nil when there is no further one.
    func nextFinished() -> (easy: EasyHandle, code: CURLcode)? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(pointer, &left) {
            if unsafe message.pointee.msg == CURLMSG_DONE, let pointer = unsafe message.pointee.easy_handle,
                let easy = unsafe EasyHandle.of(pointer)
            {
                return unsafe (easy, message.pointee.data.result)
            }
        }
        return nil
    }

    // This closes all connections.
    deinit { unsafe curl_multi_cleanup(pointer) }
}

private func setInterest(
    _ easy: UnsafeMutableRawPointer?, _ socket: CInt, _ action: CInt, _ user: UnsafeMutableRawPointer?,
    _ socketUser: UnsafeMutableRawPointer?
) -> CInt {
    let transfer = unsafe easy.flatMap { unsafe EasyHandle.of($0)?.transfer }
    unsafe SocketInterests.of(user)?.set(socket, action: action, of: transfer)
    return 0
}

private func setTimer(_ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ user: UnsafeMutableRawPointer?) -> CInt
{
    unsafe SocketInterests.of(user)?.setTimer(milliseconds: milliseconds)
    return 0
}

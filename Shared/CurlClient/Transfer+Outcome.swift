import CCurl
import Glibc
import HTTPTypes

extension Transfer {
    /// The response of an attempt that has ended.
    func response(after end: End) throws(HTTPClientError) -> HTTPClient.Response {
        switch end {
        case .finished where upload?.failure == .length:
            throw failure(.invalidRequest, "the writer did not write as many bytes as it had announced")
        case .finished where upload?.failure == .writer: throw failure(.cancelled, "the writer failed")
        case .finished(CURLE_OK, _): return try completeResponse()
        case .finished(let code, let systemError):
            throw failure(errorCode(code, systemError), reason(code, systemError))
        case .cancelled: throw failure(.cancelled, "the task was cancelled")
        case .shutDown: throw failure(.shutDown, "the client was shut down")
        case .timedOut where !wasStarted: throw failure(.timedOut, "the deadline passed before a connection was free")
        case .timedOut: throw failure(.timedOut, "the deadline passed")
        }
    }

    /// Whether another attempt is safe and may succeed: the method is idempotent, and the connection failed or was
    /// lost before any part of a response arrived.
    func mayBeRepeated(after error: HTTPClientError) -> Bool {
        head.isIdempotent
            && (error.code == .connectionFailed || error.code == .connectionLost && !response.hasBegun)
    }

    private func failure(_ code: HTTPClientError.Code, _ reason: String) -> HTTPClientError {
        HTTPClientError(
            code: code, description: "\(head.method.rawValue) to \(head.target.name) failed: \(reason)",
            requestMayHaveBeenSent: wasSentBefore || sends > 0)
    }

    private func completeResponse() throws(HTTPClientError) -> HTTPClient.Response {
        // libcurl accepts an incomplete head.
        guard response.isHeadComplete else {
            throw failure(.connectionLost, "the connection closed before the head was complete")
        }
        guard let head = response.head else { throw failure(.protocolError, Self.malformedHead) }
        return HTTPClient.Response(status: head.status, headers: head.headers, body: response.body)
    }

    private static let malformedHead = "the head of the response is malformed"

    private func reason(_ code: CURLcode, _ systemError: CInt) -> String {
        if errorCode(code, systemError) == .responseTooLarge {
            return "the response exceeds \(response.excess ?? "the length of a header line")"
        }
        guard !response.isMalformed else { return Self.malformedHead }
        let text = unsafe String(cString: curl_easy_strerror(code))
        return systemError == 0 ? text : unsafe "\(text) (\(String(cString: strerror(systemError))))"
    }

    private func errorCode(_ code: CURLcode, _ systemError: CInt) -> HTTPClientError.Code {
        switch code {
        case CURLE_URL_MALFORMAT: .invalidRequest
        // The only time-out that is set in libcurl is the one for connecting.
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT: .connectionFailed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            .tlsFailure
        // libcurl has one code for failed reads and malformed chunks. When a chunk is malformed, no system call has
        // failed.
        case CURLE_RECV_ERROR where response.hasBegun && systemError == 0: .protocolError
        // The server ended an HTTP/2 stream.
        case CURLE_HTTP2_STREAM: .connectionLost
        // libcurl cannot repeat a streamed body on another connection.
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
            .connectionLost
        // Transfer.mayBeginSending has stopped libcurl from repeating the request.
        case CURLE_ABORTED_BY_CALLBACK: .connectionLost
        case CURLE_WRITE_ERROR where response.excess != nil: .responseTooLarge
        case CURLE_WRITE_ERROR where response.isMalformed: .protocolError
        // libcurl rejects what follows the end of compressed data.
        case CURLE_WRITE_ERROR where head.acceptsGzip: .protocolError
        // A header line exceeds libcurl's limit of 100 KiB.
        case CURLE_OUT_OF_MEMORY where sends > 0: .responseTooLarge
        // `CURLE_BAD_FUNCTION_ARGUMENT` means a header line without a colon.
        case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING,
            CURLE_BAD_FUNCTION_ARGUMENT:
            .protocolError
        default: .internalError
        }
    }
}

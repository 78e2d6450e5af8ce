/// Responses that scripted servers send, byte for byte.
enum CannedResponse {
    static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    static let hello = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
}

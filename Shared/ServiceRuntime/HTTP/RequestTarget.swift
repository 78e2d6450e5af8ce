/// The target of a request: its path with its query (RFC 9112 §3.2).
public enum RequestTarget {
    /// The maximum size of a target, in bytes.
    public static let maximumBytes = 8 << 10
}

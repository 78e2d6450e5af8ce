/// An error of a cluster, a command or a browser, with a message for people.
public struct ClusterError: Error, CustomStringConvertible {
    /// The message.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

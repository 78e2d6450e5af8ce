/// A message in a response of inbox.
public struct Message: Decodable, Sendable {
    /// The id of the message.
    public let id: String
    /// The subject line.
    public let subject: String
    /// The text.
    public let body: String
    /// Whether the owner marked it as read.
    public let read: Bool
}

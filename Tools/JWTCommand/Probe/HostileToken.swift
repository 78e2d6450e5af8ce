/// A token that a service must reject, unless its check says otherwise.
struct HostileToken {
    let text: String
    /// Whether a report must not contain the text, because a service could accept it: it has a valid signature, or a part
    /// of the good token's signature.
    let isSecret: Bool
}

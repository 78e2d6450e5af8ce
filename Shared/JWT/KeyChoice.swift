/// The candidate keys for the signature of a token, chosen by its header.
enum KeyChoice {
    /// The key at this index of the set.
    case key(Int)
    /// Every key of this algorithm.
    case every(Algorithm)
}

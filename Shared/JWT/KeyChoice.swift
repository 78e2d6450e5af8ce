/// The keys that a token may be signed with, as its header says.
enum KeyChoice {
    /// The key at this index of the set.
    case key(Int)
    /// Every key of this algorithm.
    case every(Algorithm)
}

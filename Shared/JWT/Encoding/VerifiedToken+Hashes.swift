extension VerifiedToken {
    /// The hashes of `sid`, `jti`, `sub` and `client_id`, computed without a string for each; nil for a missing claim.
    package var identifierHashes: (session: Int?, id: Int?, subject: Int?, client: Int?) {
        (hash(.sessionID), hash(.id), hash(.subject), hash(.clientID))
    }

    /// The hash of an identifier, to compare with `identifierHashes`. The hash of one identifier differs from process
    /// to process.
    package static func hash(of identifier: String) -> Int {
        hash(identifier.utf8.span)
    }

    private func hash(_ name: ClaimIndex.Name) -> Int? {
        guard let slice = claims[name], slice.isString else { return nil }
        if slice.isPlainString { return Self.hash(payload.span.extracting(slice.range)) }
        return Self.hash(payload.span.unescaped(slice).span)
    }

    @inline(__always)
    private static func hash(_ bytes: Span<UInt8>) -> Int {
        var hasher = Hasher()
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}

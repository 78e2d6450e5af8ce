extension VerifiedToken {
    /// The hashes of `sid`, `jti` and `sub`, of which no string has to be made. Nil for a claim that is not there.
    package var identifierHashes: (session: Int?, id: Int?, subject: Int?) {
        (hash(.sessionID), hash(.id), hash(.subject))
    }

    /// The hash of an identifier, for comparison with those of a token. It is another one in every process.
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

extension Claims {
    /// An upper bound for the size of the claims as JSON, in bytes. It does not count `others` and escapes.
    var textCount: Int {
        // Braces, names, quotes, commas and dates.
        var count = 256
        func add(_ text: String?) { count += text?.utf8.count ?? 0 }
        add(issuer)
        add(subject)
        add(id)
        add(sessionID)
        add(username)
        add(scope)
        add(queryHash)
        add(actor)
        for name in audience { count += name.utf8.count + 3 }
        return count
    }

    /// Writes the claims, then `others`, and closes the object.
    @inline(__always)
    func write(to payload: inout JSONWriter, _ others: [UInt8]) {
        payload.member("\"iss\":", issuer)
        payload.member("\"sub\":", subject)
        writeAudience(to: &payload)
        payload.member("\"iat\":", issuedAt)
        payload.member("\"nbf\":", notBefore)
        payload.member("\"exp\":", expiresAt)
        payload.member("\"jti\":", id)
        payload.member("\"sid\":", sessionID)
        payload.member("\"username\":", username)
        payload.member("\"scope\":", scope)
        payload.member("\"qsh\":", queryHash)
        if let actor {
            payload.append("\"act\":{\"sub\":")
            payload.append(string: actor)
            payload.close(with: UInt8(ascii: "}"))
        }
        payload.append(others.span)
        payload.finish()
    }

    @inline(__always)
    private func writeAudience(to payload: inout JSONWriter) {
        guard audience.count > 1 else {
            payload.member("\"aud\":", audience.first)
            return
        }
        payload.append("\"aud\":[")
        for name in audience { payload.append(string: name) }
        payload.close(with: UInt8(ascii: "]"))
    }

    /// The members of `others` as JSON, each followed by a comma.
    func otherMembers() throws(JWTError) -> [UInt8] {
        guard !others.isEmpty else { return [] }
        if let known = others.first(where: { ClaimIndex.Name($0.name)?.hasProperty == true }) {
            throw JWTError(.invalidClaim, "a claim with a property is among the other claims", claim: known.name)
        }
        return try JSONValue.object(others).claimMembers()
    }
}

extension JSONValue {
    /// The members of an object as JSON, each followed by a comma. They must pass the checks of a verifier.
    func claimMembers() throws(JWTError) -> [UInt8] {
        guard hasValidNumbers else { throw JWTError(.malformed, "a number among the claims is not valid JSON") }
        var object: [UInt8] = []
        write(to: &object)
        var index = ClaimIndex()
        try index.read(object.span)
        if let audience = index[.audience], object.span.strings(audience).isEmpty {
            throw JWTError(.invalidClaim, "the list of audiences is empty", claim: "aud")
        }
        guard object.count > 2 else { return [] }
        object[object.count - 1] = UInt8(ascii: ",")
        object.removeFirst()
        return object
    }
}

extension JSONWriter {
    @inline(__always)
    fileprivate mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        append(name)
        append(string: value)
    }

    @inline(__always)
    fileprivate mutating func member(_ name: StaticString, _ value: NumericDate?) {
        guard let value else { return }
        append(name)
        append(value.seconds)
    }
}

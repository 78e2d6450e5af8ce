/// Decides whether a response accepts a credential, by comparison with the responses to the good token and to no token.
struct ResponseClassifier {
    private enum Meaning {
        case accepted, rejected, failed
        /// The response says neither.
        case unclear
    }

    private let good: ProbeResponse
    private let garbage: ProbeResponse

    /// - Parameters:
    ///   - good: The response to the good token.
    ///   - missing: The response to a request without a token.
    ///   - garbage: The response to a text that is not a token.
    /// - Throws: `CommandError` when the responses do not differ, or do not say what the service does.
    init(good: ProbeResponse, missing: ProbeResponse, garbage: ProbeResponse) throws(CommandError) {
        guard good.isSuccess || good.status == 404 else {
            throw .probe("the response to the good token is \(good.status)\(Self.advice(on: good.status))")
        }
        guard missing.status != good.status, !missing.isSuccess else {
            throw .probe("the response without a token is \(missing.status); give a URL that needs a token")
        }
        guard 400..<600 ~= missing.status else {
            throw .probe(
                "the response without a token is \(missing.status); give a URL that responds with 401 in place of a page"
            )
        }
        self.good = good
        self.garbage = garbage
    }

    /// What to do after a response that does not accept the good token, as the end of a sentence.
    private static func advice(on status: Int) -> String {
        switch status {
        case 300..<400: ", a redirect, which the probe does not follow; give the URL to which it leads"
        case 408, 425, 429, 503: "; the service is overloaded or limits its clients, so try again later"
        case 500...: ", an error of the service; give a URL that works with this token"
        default: "; give a valid token, and a URL that it may use"
        }
    }

    /// How often the service has responded with the status, as the end of a phrase; empty for once.
    private static func times(_ response: ProbeResponse) -> String {
        response.count == 1 ? "" : ", \(response.count) times"
    }

    /// Why a response to the good token ends the probe, as a sentence.
    static func reason(_ response: ProbeResponse) -> String {
        let status = "the service responded to the good token with \(response.status)\(times(response))"
        let advice =
            switch response.status {
            case 401, 403:
                "the token may be expired or revoked, or the service blocks clients after failures. Give a new token, or a "
                    + "lower --rate"
            case 429: "the service limits its clients. Give a lower --rate"
            case 500...: "the service is overloaded, restarts or fails. Try again later"
            default: "give a URL whose response to the good token does not change"
            }
        return "\(status), so its latest rejections mean nothing; \(advice)"
    }

    /// Whether only the body tells what the service does, because it responds with 2xx to any text.
    var needsBodies: Bool { garbage.isSuccess }

    /// The result of a check, with a phrase that says what happened.
    func decide(_ response: ProbeResponse, _ expectation: Check.Expectation) -> (CheckResult.Outcome, String) {
        switch (meaning(response), expectation) {
        case (.failed, _): (.finding, "the service failed")
        case (.unclear, .noError) where response.status < 400: (.held, "no error")
        case (.unclear, .rejectionOrNoMethod) where response.status == 501: (.held, "no such method")
        case (.unclear, _): (.unknown, "the status says neither accepted nor rejected\(Self.times(response))")
        case (_, .noError): (.held, "no error")
        case (.accepted, .acceptance): (.held, "accepted")
        case (.accepted, _):
            (.finding, response.hasBody(of: good) ? "accepted like the good token" : "accepted, with another body")
        case (.rejected, .acceptance): (.finding, "rejected, but it is valid")
        case (.rejected, .challenge) where response.status != 401: (.finding, "rejected, but not with 401")
        case (.rejected, .challenge) where !response.hasChallenge: (.finding, "rejected without WWW-Authenticate")
        case (.rejected, _): (.held, "rejected")
        }
    }

    /// Whether the service accepted the credential.
    func isAccepted(_ response: ProbeResponse) -> Bool { meaning(response) == .accepted }

    /// Whether a service that blocks the client could give this response.
    func isLikeBlock(_ response: ProbeResponse) -> Bool { [.rejected, .unclear].contains(meaning(response)) }

    private func meaning(_ response: ProbeResponse) -> Meaning {
        switch response.status {
        case good.status where !good.isSuccess: .accepted
        // An unknown method, an overload, and a request that is too early or too slow say nothing about the token.
        case 408, 425, 429, 501, 503: .unclear
        case 500...: .failed
        case 400..<500: .rejected
        case 200..<300 where !needsBodies || response.hasBody(of: good): .accepted
        case 200..<300 where response.hasBody(of: garbage): .rejected
        default: .unclear
        }
    }
}

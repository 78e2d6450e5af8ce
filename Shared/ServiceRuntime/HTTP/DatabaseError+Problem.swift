public import Database
import HTTPTypes

extension DatabaseError: ProblemConvertible {
    /// The response to a request that failed because of an unexpected error of the database. The request changed nothing,
    /// unless the detail says otherwise.
    public var problem: Problem {
        switch code {
        case .full:
            Problem(
                .init(code: 507, reasonPhrase: "Insufficient Storage"), code: "storage_full",
                detail: "The service has no space left to store this. Nothing was changed.")
        case .invalidValue:
            // Routes check their fields first. A field that a route does not check is still an error of the client.
            .unprocessable([.init("", "The request has text that cannot be stored, such as the character U+0000")])
        case .busy, .unavailable, .readOnly:
            .unavailable(code: "storage_unavailable", "The service cannot reach its database. Nothing was changed.")
        case .unknownOutcome:
            .unavailable(
                code: "storage_outcome_unknown",
                "The service lost its database during the last step of the request. Read the data before you repeat it."
            )
        default:
            .internalError
        }
    }
}

/// The error of a call to another service that responds with a status that its API does not describe.
struct UnexpectedResponse: Error, CustomStringConvertible {
    let status: Int

    var description: String { "the service responded with status \(status)" }
}

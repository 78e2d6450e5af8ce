import HTTPTypes
import Hummingbird
import ServiceRuntime

extension AuthorizationRequestReader {
    /// The page of a form. If the sign-in leads to a client, the policy of the page names the client's origin.
    ///
    /// - Parameter failure: The reason why the form was not accepted; nil before it is submitted.
    func render(
        _ page: FormPage, failure: FormFailure? = nil, in context: some PageRequestContext
    ) async throws -> Response {
        var response = try failure.map { try context.render(page, failure: $0) } ?? context.render(page)
        if let next = page.form.next, let client = try await policySource(of: next) {
            response.headers[.contentSecurityPolicy] = HTTPFields.contentSecurityPolicy(submittingTo: client)
        }
        return response
    }
}

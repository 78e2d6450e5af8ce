import HTTPTypes
import Hummingbird
import ServiceRuntime

/// The context of a submitted form.
///
/// It exists only after `FormMiddleware` has checked that a page of this service sent the form. A forged request
/// therefore cannot reach the handler of a form.
struct FormContext: PageRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let page: PageContext
    let form: SubmittedForm

    /// - Throws: `Problem` with 403 when `FormMiddleware` does not precede the route.
    init(context: PageContext) throws {
        guard let form = context.form else { throw Problem.foreignForm }
        coreContext = context.coreContext
        page = context
        self.form = form
    }
}

/// The fields of a form that passed the check against forgery. Only `FormMiddleware` can create one.
struct SubmittedForm: Sendable {
    /// The name of the hidden field with the token of the browser.
    static let tokenField = "form_token"

    private let form: URLEncodedForm

    fileprivate init(_ form: URLEncodedForm) {
        self.form = form
    }

    /// The value of a field; empty when the form does not have the field.
    subscript(name: String) -> String {
        form[name] ?? ""
    }
}

/// Rejects forms that another site may have sent (cross-site request forgery).
///
/// A form must meet two conditions. The browser names no other origin as the source of the form. The form contains the
/// token that is derived from the browser's cookie.
struct FormMiddleware: RouterMiddleware {
    let origin: PublicOrigin

    func handle(
        _ request: Request, context: PageContext, next: (Request, PageContext) async throws -> Response
    ) async throws -> Response {
        guard origin.isSource(of: request) else { throw Problem.foreignForm }
        guard request.mediaType == MediaType.form else { throw Problem.noForm }
        let form = SubmittedForm(try await URLEncodedForm(bodyOf: request))
        guard context.cookie.made(form[SubmittedForm.tokenField]) else { throw Problem.staleForm }
        var context = context
        context.form = form
        return try await next(request, context)
    }
}

extension Problem {
    fileprivate static let foreignForm = Problem(
        .forbidden, code: "foreign_origin", detail: "This form was sent by another site. Nothing was changed.")

    fileprivate static let noForm = Problem(
        .unsupportedMediaType, code: "unsupported_media_type",
        detail: "Send the form as \(MediaType.form), as the page does.")

    fileprivate static let staleForm = Problem(
        .forbidden, code: "stale_form",
        detail: """
            Nothing was changed: the page with this form is too old, or the browser keeps no cookies. Go back, load the page \
            again, and send the form once more.
            """)
}

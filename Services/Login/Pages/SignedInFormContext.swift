import Hummingbird
import ServiceRuntime

/// The context of a form for people who are signed in. It cannot exist without a session and a checked form.
struct SignedInFormContext: PageRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let page: PageContext
    let form: SubmittedForm
    let session: Session

    /// - Throws: `SignInRequired` for a browser that is signed out.
    init(context: FormContext) throws {
        coreContext = context.coreContext
        page = context.page
        form = context.form
        session = try context.page.requiredSession
    }
}

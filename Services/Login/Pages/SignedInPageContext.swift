import Hummingbird
import ServiceRuntime

/// The context of a page for people who are signed in: it cannot exist without a session.
struct SignedInPageContext: PageRequestContext, ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let page: PageContext
    let session: Session

    /// - Throws: `SignInRequired` for a browser that is signed out.
    init(context: PageContext) throws {
        coreContext = context.coreContext
        page = context
        session = try context.requiredSession
    }
}

/// The page needs a session, and the browser is signed out. `HTMLErrorMiddleware` redirects it to the sign-in page.
struct SignInRequired: Error {}

extension PageContext {
    /// The session of the browser.
    var requiredSession: Session {
        get throws(SignInRequired) {
            guard let session else { throw SignInRequired() }
            return session
        }
    }
}

import Hummingbird
import JWTAuth

/// The groups of routes for pages, one for each type of context.
struct PageRouterGroups {
    /// Pages for everyone.
    let pages: RouterGroup<PageContext>
    /// Forms of everyone, after the check against forgery.
    let forms: RouterGroup<FormContext>
    /// Pages for people who are signed in.
    let signedInPages: RouterGroup<SignedInPageContext>
    /// Forms of people who are signed in, after the check against forgery.
    let signedInForms: RouterGroup<SignedInFormContext>

    init(
        on router: some RouterMethods<AppRequestContext>, _ browserSession: BrowserSessionMiddleware,
        _ authorizations: AuthorizationRequestReader
    ) {
        pages = router.group().add(middleware: PageHeadersMiddleware())
            .group(context: BrowserRequestContext.self).add(middleware: browserSession)
            .group(context: PageContext.self).add(middleware: HTMLErrorMiddleware(authorizations: authorizations))
        forms = pages.group().add(middleware: FormMiddleware(origin: browserSession.cookies.origin))
            .group(context: FormContext.self)
        signedInPages = pages.group(context: SignedInPageContext.self)
        signedInForms = forms.group(context: SignedInFormContext.self)
    }
}

import Foundation
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The pages under `/account`: who I am, where I am signed in, and what I may do about it.
struct AccountPages: Sendable {
    let desk: PageDesk
    let service: AccountService

    private static let password = (template: "password", title: "Change password")
    private static let deletion = (template: "delete", title: "Delete account")
    private static let wrongPassword = "The password is wrong."
    private static let maxSessions = 50

    private var sessions: SessionStore { desk.sessions }

    func add(to router: Router<AppRequestContext>) {
        router
            .get("account", use: desk.page(showAccount))
            .post("account/sign-out", use: desk.form(signOut))
            .post("account/sign-out-everywhere", use: desk.form(signOutEverywhere))
            .post("account/sessions/end", use: desk.form(endSession))
            .get("account/password", use: desk.page(showPassword))
            .post("account/password", use: desk.form(changePassword))
            .get("account/delete", use: desk.page(showDeletion))
            .post("account/delete", use: desk.form(delete))
            // Where password managers look for the page (W3C, A Well-Known URL for Changing Passwords).
            .get(".well-known/change-password", use: desk.page { _ in .goOn(to: "/account/password") })
    }

    private func showAccount(_ visit: Visit) async throws -> Reply {
        let mine = try visit.owned()
        let page = PageRequest(limit: Self.maxSessions, after: visit.query["after"].flatMap { UUID(lowercase: $0) })
        let found = try await sessions.list(of: mine.accountID, page, at: visit.now)
        return .page("account", "My account", AccountScreen(mine, found, limit: Self.maxSessions))
    }

    private func signOut(_ visit: Visit, _ form: Form) async throws -> Reply {
        if let session = visit.session { try await sessions.end(session.id, at: visit.now) }
        return .ended(.signedOut)
    }

    private func signOutEverywhere(_ visit: Visit, _ form: Form) async throws -> Reply {
        try await sessions.endAll(of: visit.owned().accountID, at: visit.now)
        return .ended(.signedOutEverywhere)
    }

    private func endSession(_ visit: Visit, _ form: Form) async throws -> Reply {
        let mine = try visit.owned()
        guard let id = UUID(lowercase: form["session"]),
            try await sessions.end(id, of: mine.accountID, at: visit.now)
        else { throw Problem.notFound("That session is over already, or was never yours.") }
        return id == mine.id ? .ended(.signedOut) : .goOn(to: "/account", saying: .sessionEnded)
    }

    private static let passwordForm = FormScreen([
        .password("current_password", "Current password"), .newPassword("new_password", "New password"),
    ])

    private func showPassword(_ visit: Visit) throws -> Reply {
        _ = try visit.owned()
        return .page(Self.password.template, Self.password.title, Self.passwordForm)
    }

    private func changePassword(_ visit: Visit, _ form: Form) async throws -> Reply {
        let mine = try visit.owned()
        let result = try await service.changePassword(
            of: mine, from: form["current_password"], to: form["new_password"], address: visit.network,
            logger: visit.logger)
        let form = Self.passwordForm
        switch result {
        case .done: return .ended(.passwordChanged)
        case .invalid(let errors): return .rejected(form.showing(errors), on: Self.password, status: 422)
        case .wrongPassword:
            return .rejected(form.showing(Self.wrongPassword, at: "current_password"), on: Self.password, status: 403)
        case .throttled(let seconds): return .throttled(form, on: Self.password, retryAfterSeconds: seconds)
        case .busy: return .busy(form, on: Self.password)
        }
    }

    private static let deletionForm = FormScreen([.password()])

    private func showDeletion(_ visit: Visit) throws -> Reply {
        _ = try visit.owned()
        return .page(Self.deletion.template, Self.deletion.title, Self.deletionForm)
    }

    private func delete(_ visit: Visit, _ form: Form) async throws -> Reply {
        let mine = try visit.owned()
        let result = try await service.delete(
            accountOf: mine, password: form["password"], address: visit.network, logger: visit.logger)
        let form = Self.deletionForm
        switch result {
        case .done: return .ended(.accountDeleted)
        case .invalid(let errors): return .rejected(form.showing(errors), on: Self.deletion, status: 422)
        case .wrongPassword:
            return .rejected(form.showing(Self.wrongPassword, at: "password"), on: Self.deletion, status: 403)
        case .throttled(let seconds): return .throttled(form, on: Self.deletion, retryAfterSeconds: seconds)
        case .busy: return .busy(form, on: Self.deletion)
        }
    }
}

extension Reply {
    /// Whoever was signed in here is not any more.
    fileprivate static func ended(_ notice: Notice) -> Reply {
        var reply = goOn(to: "/login", saying: notice)
        reply.hasEnded = true
        return reply
    }
}

/// What the page of an account shows.
private struct AccountScreen: Sendable {
    struct Item: Sendable {
        let id, device, address: String
        let begun, lastUsed: Moment
        /// Whether the page was asked for in this session.
        let isCurrent: Bool
    }

    let username, accountID, serial, scope: String
    let validUntil: Moment
    let sessions: [Item]
    /// The id after which the next page begins.
    let next: String?

    init(_ mine: Session, _ found: [Session], limit: Int) {
        username = mine.username
        accountID = mine.accountID.lowercase
        serial = String(mine.id.lowercase.suffix(8)).uppercased()
        scope = mine.scope.names.joined(separator: ", ")
        validUntil = Moment(mine.expiresAt)
        sessions = found.prefix(limit).map {
            Item(
                id: $0.id.lowercase, device: $0.client.device, address: $0.client.address, begun: Moment($0.createdAt),
                lastUsed: Moment($0.lastUsedAt), isCurrent: $0.id == mine.id)
        }
        next = found.count > limit ? sessions.last?.id : nil
    }
}

/// A moment for people and for programs.
private struct Moment: Sendable {
    /// As in `22 Nov 2026, 09:30 UTC`.
    let text: String
    let rfc3339: String

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    init(_ date: Date) {
        rfc3339 = date.rfc3339
        let numbers = rfc3339.split { "-T:".contains($0) }
        let month = Int(numbers[1]).map { Self.months[$0 - 1] } ?? ""
        text = "\(Int(numbers[2]) ?? 0) \(month) \(numbers[0]), \(numbers[3]):\(numbers[4]) UTC"
    }
}

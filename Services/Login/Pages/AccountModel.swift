import Foundation
import ServiceRuntime

/// The values of the template `account`.
struct AccountModel: Sendable {
    struct Item: Sendable {
        let id, device, address, lastDevice, lastAddress: String
        let begun, lastUsed: Timestamp
        /// Whether this is the session in which the page was requested.
        let isCurrent: Bool
    }

    struct APITokenItem: Sendable {
        let id, name, scope: String
        let created: Timestamp
        /// Nil for a token that does not expire.
        let expires: Timestamp?

        init(_ token: APIToken) {
            id = token.id.lowercase
            name = token.name
            scope = token.scope.names.joined(separator: ", ")
            created = Timestamp(token.createdAt)
            expires = token.expiresAt.map(Timestamp.init)
        }
    }

    struct AppItem: Sendable {
        let id, name, services: String
        /// What the app may do, as sentences.
        let permissions: [String]
        let allowed: Timestamp

        init(_ app: ConnectedApp) {
            id = app.clientID
            name = app.name.text
            services = app.audience.joined(separator: ", ")
            permissions = app.scope.permissions
            allowed = Timestamp(app.allowedAt)
        }
    }

    let username, accountID, serial, scope: String
    let validUntil: Timestamp
    let sessions: [Item]
    /// The id after which the next page begins; nil on the last page.
    let next: String?
    let apiTokens: [APITokenItem]
    let hasAPITokens: Bool
    let apps: [AppItem]
    let hasApps: Bool

    /// - Parameters:
    ///   - mine: The session in which the page was requested.
    ///   - found: The sessions of the account, newest first; one more than `limit` when there is a next page.
    ///   - tokens: The API tokens of the account.
    ///   - apps: The clients that the account has allowed.
    init(_ mine: Session, _ found: [Session], limit: Int, _ tokens: [APIToken], _ apps: [ConnectedApp]) {
        username = mine.username
        accountID = mine.accountID.lowercase
        serial = String(mine.id.lowercase.suffix(8)).uppercased()
        scope = mine.scope.names.joined(separator: ", ")
        validUntil = Timestamp(mine.expiresAt)
        sessions = found.prefix(limit).map {
            Item(
                id: $0.id.lowercase, device: $0.client.device, address: $0.client.address,
                lastDevice: $0.lastClient.device, lastAddress: $0.lastClient.address, begun: Timestamp($0.createdAt),
                lastUsed: Timestamp($0.lastUsedAt), isCurrent: $0.id == mine.id)
        }
        next = found.count > limit ? sessions.last?.id : nil
        apiTokens = tokens.map(APITokenItem.init)
        hasAPITokens = !tokens.isEmpty
        self.apps = apps.map(AppItem.init)
        hasApps = !apps.isEmpty
    }
}

/// A time as text for people, and in RFC 3339 for programs.
struct Timestamp: Sendable {
    /// As in `22 Nov 2026, 09:30 UTC`.
    let text: String
    let rfc3339: String

    private static let style = Date.VerbatimFormatStyle(
        format: """
            \(day: .defaultDigits) \(month: .abbreviated) \(year: .defaultDigits), \
            \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits) UTC
            """,
        locale: Locale(identifier: "en_US"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))

    init(_ date: Date) {
        text = date.formatted(Self.style)
        rfc3339 = date.rfc3339
    }
}

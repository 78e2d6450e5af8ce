import ServiceLifecycle

/// Notifies the subscriptions of this process about revocations that another process appended: a second login
/// service, or the command `login accounts`.
///
/// It reads the database only while there are subscriptions.
struct RevocationPoller: Service {
    let log: RevocationLog

    private static let interval = Duration.milliseconds(200)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var known: RevocationLog.Head?
            while (try? await Task.sleep(for: Self.interval)) != nil {
                // This loop repeats a failed read after the interval. Until then, the waiting requests keep waiting.
                guard log.notifier.subscriptionCount > 0, let head = try? await log.head(), head != known else {
                    continue
                }
                known = head
                log.notifier.notify()
            }
        }
    }
}

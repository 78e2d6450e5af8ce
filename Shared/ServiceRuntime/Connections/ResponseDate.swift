import Foundation
import Synchronization

/// The value of the field `Date` (RFC 9110 §6.6.1), which is formatted once a second.
final class ResponseDate: Sendable {
    private let clock: WallClock
    private let last = Mutex((second: Int64.min, text: ""))

    init(clock: WallClock) {
        self.clock = clock
    }

    /// The value for a response that begins now.
    var text: String {
        let now = clock.now()
        let second = Int64(now.timeIntervalSince1970.rounded(.down))
        return last.withLock { last in
            if last.second != second { last = (second, now.imfFixdate) }
            return last.text
        }
    }
}

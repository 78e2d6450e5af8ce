import TestSupport

extension Drill {
    /// Orders is killed in the middle of checkouts.
    static let killOrders = Drill(
        "kill-orders",
        """
        However often orders is killed in the middle of checkouts: afterwards no order is without its reservation and no \
        reservation without its order, nothing acknowledged is lost, and a basket sent again under its key is ordered once.
        """
    ) { form, report in
        try await withCluster { cluster in
            let books = try await Books(of: cluster)
            let checkouts = Checkouts(cluster, books: books)
            let kills = form.choose(3, 30)
            _ = try await checkouts.underLoad(clients: 6) {
                for kill in 1...kills {
                    try await Task.sleep(for: .milliseconds(.random(in: 100...600)))
                    try await cluster.kill(.orders)
                    try await cluster.start(.orders)
                    if kill % 10 == 0 { report.progress("\(kill) kills") }
                }
            }
            report.figure("\(kills) kills, \(checkouts.acknowledged.count) checkouts acknowledged")
            let lost = checkouts.unanswered.intersection(try await books.keys())
            report.figure(
                "\(checkouts.unanswered.count) without an response, of which \(lost.count) were ordered all the same")
            try await checkouts.repeatUnanswered()
            try await books.recover(report)
            let placed = try await books.placed()
            let acknowledged = Set(checkouts.acknowledged.values)
            report.require(acknowledged.count == checkouts.acknowledged.count, "each key has an order of its own")
            report.require(placed.isSuperset(of: acknowledged), "nothing acknowledged is lost")
            report.require(placed.count == acknowledged.count, "each basket was ordered once: \(placed.count)")
        }
    }

    /// Services are asked to end under load.
    static let sigterm = Drill(
        "sigterm",
        """
        When a service is asked to end under load, with connections that are kept alive, every request that it has accepted \
        is answered: what got no response was not done. It ends by itself and with status 0.
        """
    ) { form, report in
        try await withCluster { cluster in
            let books = try await Books(of: cluster)
            let checkouts = Checkouts(cluster, books: books)
            var endings: [Duration] = []
            let rounds = form.choose(3, 40)
            let tally = try await checkouts.underLoad(clients: 8) {
                for round in 1...rounds {
                    try await Task.sleep(for: .milliseconds(.random(in: 100...500)))
                    let start = ContinuousClock.now
                    let status = try await cluster.stop(.orders)
                    endings.append(.now - start)
                    report.require(status == 0, "orders ends with status 0, not \(status)")
                    try await cluster.start(.orders)
                    if round % 10 == 0 { report.progress("\(round) ends") }
                }
            }
            report.figure("\(rounds) ends, \(endings.spread)")
            report.require(endings.quantile(1) < form.patience(.seconds(9)), "nothing has to be ended by force")
            try await books.recover(report)
            let placed = try await books.keys()
            let dropped = checkouts.unanswered.intersection(placed)
            report.figure("\(tally), of which \(dropped.count) had been accepted")
            report.require(dropped.isEmpty, "no accepted request is dropped")
            report.require(placed.isSuperset(of: checkouts.acknowledged.keys), "nothing acknowledged is lost")
            report.require(tally.count(500..<600) == 0, "no request is answered with 5xx")
        }
    }
}

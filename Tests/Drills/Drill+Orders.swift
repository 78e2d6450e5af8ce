import TestSupport

extension Drill {
    /// Kills orders during checkouts.
    static let killOrders = Drill(
        "kill-orders",
        """
        After orders was killed during checkouts, each order has its reservation and each reservation its order, no \
        acknowledged order is lost, and a basket that is sent again under its key is ordered once.
        """
    ) { scale, report in
        try await withCluster { cluster in
            let reconciliation = try await Reconciliation(of: cluster)
            let checkouts = Checkouts(reconciliation)
            let kills = scale.choose(3, 30)
            _ = try await checkouts.underLoad(clients: 6) {
                for kill in 1...kills {
                    try await Task.sleep(for: .milliseconds(.random(in: 100...600)))
                    try await cluster.kill(.orders)
                    try await cluster.start(.orders)
                    if kill % 10 == 0 { report.progress("\(kill) kills") }
                }
            }
            report.figure("\(kills) kills, \(checkouts.acknowledged.count) checkouts acknowledged")
            let ordered = checkouts.keysWithoutResponse.intersection(try await reconciliation.keysOfPlacedOrders())
            report.figure(
                "\(checkouts.keysWithoutResponse.count) without a response, of which \(ordered.count) were ordered")
            try await checkouts.repeatFailed()
            try await reconciliation.check(report)
            let placed = try await reconciliation.placedOrders()
            let acknowledged = Set(checkouts.acknowledged.values)
            report.require(acknowledged.count == checkouts.acknowledged.count, "each key has a different order")
            report.require(placed.isSuperset(of: acknowledged), "no acknowledged order is lost")
            report.require(placed.count == acknowledged.count, "each basket is ordered once (\(placed.count) orders)")
        }
    }

    /// Sends SIGTERM to orders under load.
    static let sigterm = Drill(
        "sigterm",
        """
        A service that receives SIGTERM under load, with persistent connections, responds to every request that it has \
        accepted; a request without a response had no effect. The service ends by itself with status 0.
        """
    ) { scale, report in
        try await withCluster { cluster in
            let reconciliation = try await Reconciliation(of: cluster)
            let checkouts = Checkouts(reconciliation)
            var shutdowns: [Duration] = []
            let rounds = scale.choose(3, 40)
            let tally = try await checkouts.underLoad(clients: 8) {
                for round in 1...rounds {
                    try await Task.sleep(for: .milliseconds(.random(in: 100...500)))
                    let start = ContinuousClock.now
                    let status = try await cluster.stop(.orders)
                    shutdowns.append(.now - start)
                    report.require(status == 0, "orders ends with status 0 (it ends with \(status))")
                    try await cluster.start(.orders)
                    if round % 10 == 0 { report.progress("\(round) shutdowns") }
                }
            }
            report.figure("\(rounds) shutdowns, \(shutdowns.spread)")
            report.require(shutdowns.quantile(1) < scale.limit(.seconds(9)), "no shutdown is forced")
            try await reconciliation.check(report)
            let placed = try await reconciliation.keysOfPlacedOrders()
            let dropped = checkouts.keysWithoutResponse.intersection(placed)
            report.figure("\(tally), of which \(dropped.count) had been accepted")
            report.require(dropped.isEmpty, "every accepted request gets a response")
            report.require(placed.isSuperset(of: checkouts.acknowledged.keys), "no acknowledged order is lost")
            report.require(tally.count(500..<600) == 0, "no request gets a 5xx response")
        }
    }
}

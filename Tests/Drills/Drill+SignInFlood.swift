import Foundation
import TestSupport

extension Drill {
    /// Floods the sign-in and the sign-up from other addresses, and signs in as the owner of an account meanwhile.
    static let signInFlood = Drill(
        "sign-in-flood",
        """
        Of more guesses at a password from as many addresses, login tries 100. While another address floods it with \
        sign-ups, the owner of the account gets in each time, and sign-ups are slowed.
        """
    ) { scale, report in
        try await withCluster(running: [.login]) { cluster in
            _ = try await cluster.token("alice")
            let guesses = try await cluster.guess(addresses: scale.choose(110, 250))
            let tried = guesses.count { $0 == "400" }
            report.figure("\(guesses.count) guesses from as many addresses, \(tried) tried")
            report.require(tried <= 100, "login tries at most 100 guesses")
            report.require(
                guesses.allSatisfy { ["400", "429", "503"].contains($0) }, "a guess gets 400, 429 or 503 (\(guesses))")
            let stranger = try await cluster.signIn(Demo.password, from: "127.0.2.1")
            report.require(stranger == "429", "a stranger does not get in with the right password (\(stranger))")

            let signUps = scale.choose(150, 3000)
            try cluster.floodSignUps(signUps)
            var times: [Duration] = []
            for _ in 1...scale.choose(10, 100) {
                let start = ContinuousClock.now
                let status = try await cluster.signIn(Demo.password, from: "127.0.0.1")
                times.append(ContinuousClock.now - start)
                report.require(status == "200", "the owner gets in (\(status))")
            }
            report.figure("owner's sign-in during \(signUps) sign-ups \(times.spread)")
            report.require(times.quantile(1) <= scale.limit(.seconds(3)), "the owner gets in within 3 s")
            let accounts = try await cluster.accountCount()
            report.figure("\(accounts - 3) accounts made by the flood")
            report.require(accounts < signUps / 2, "sign-ups are slowed")
        }
    }
}

extension Cluster {
    /// The curl command of a sign-in, which prints the status.
    private func command(_ password: String, from address: String) -> String {
        """
        curl -s -o /dev/null -w '%{http_code}\\n' --interface \(address) http://127.0.0.1:\(port(.login))/token \
        -d grant_type=password -d username=alice --data-urlencode 'password=\(password)'
        """
    }

    /// Signs in as alice from an address of this machine, and returns the status.
    fileprivate func signIn(_ password: String, from address: String) async throws -> String {
        let text = try await run(["/bin/bash", "-c", command(password, from: address)], in: directory)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// Guesses the password of alice once from each address, four at a time, and returns the statuses.
    fileprivate func guess(addresses: Int) async throws -> [String] {
        let guess = command("guess {}", from: "127.0.1.{}").replacing("'", with: #"'\''"#)
        let text = try await run(
            ["/bin/bash", "-c", "seq 1 \(addresses) | xargs -P 4 -I{} bash -c '\(guess)'"], in: directory)
        return text.split(separator: "\n").map(String.init)
    }

    /// Sends this many sign-ups from one address, about fifty a second. Half of them hang up after 10 ms.
    fileprivate func floodSignUps(_ count: Int) throws {
        try startExternalProgram([
            "/bin/bash", "-c",
            """
            for i in $(seq 1 \(count)); do
                curl -s -o /dev/null --max-time $([ $((i % 2)) = 0 ] && echo 30 || echo 0.01) --interface 127.0.0.9 \
                    http://127.0.0.1:\(port(.login))/signup -H 'Content-Type: application/json' \
                    -d "{\\"username\\":\\"flood$i\\",\\"password\\":\\"\(Demo.password)\\"}" &
                sleep 0.02
            done
            wait
            """,
        ])
    }

    /// The number of accounts.
    fileprivate func accountCount() async throws -> Int {
        let text = try await run(
            [Self.executables.appending(path: "login").path, "accounts", "list"], in: directory,
            environment: ["DATABASE_URL": commandDatabaseURL(.login)])
        return text.split(separator: "\n").count
    }
}

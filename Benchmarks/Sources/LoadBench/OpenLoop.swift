/// Sends requests at a fixed rate, whether earlier requests have been responded to or not (an open loop).
struct OpenLoop {
    let shop: Shop

    private static let tick = Duration.milliseconds(1)

    func run(rate: Int, seconds: Int, services: Services) async -> Step {
        let clock = ContinuousClock()
        let recorder = Recorder(Step(rate: rate, seconds: seconds))
        let start = clock.now
        let total = rate * seconds
        await withDiscardingTaskGroup { group in
            var sent = 0
            while sent < total {
                let due = min(total, Int((clock.now - start) / .seconds(1) * Double(rate)))
                while sent < due {
                    let number = sent
                    let intended = start + .seconds(Double(number) / Double(rate))
                    group.addTask {
                        let status = try? await LoadClient.$dueTime.withValue(intended) {
                            try await shop.perform(number)
                        }
                        let end = clock.now
                        await recorder.record(
                            .number(number), status, Int((end - intended) / .microseconds(1)), after: end - start)
                    }
                    sent += 1
                }
                try? await clock.sleep(for: Self.tick)
            }
        }
        var step = await recorder.step
        step.memory = services.memory()
        step.delays = services.takeDelays()
        return step
    }
}

/// Collects the results of requests that run at once.
private actor Recorder {
    private(set) var step: Step

    init(_ step: Step) {
        self.step = step
    }

    func record(_ operation: Operation, _ status: Int?, _ microseconds: Int, after duration: Duration) {
        step.record(operation, status: status, microseconds: microseconds, after: duration)
    }
}

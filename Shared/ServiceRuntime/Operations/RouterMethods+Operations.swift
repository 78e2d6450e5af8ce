import Hummingbird

extension RouterMethods {
    /// Adds `/healthz` (the process runs), `/readyz` (the service can serve) and `/metrics` (Prometheus' text format).
    func addOperations(readiness: Readiness, metrics: PrometheusRegistry) {
        get("healthz") { _, _ in ["status": "alive"] }
        get("readyz") { request, context in
            let report = await readiness.report()
            var response = try report.response(from: request, context: context)
            response.status = report.status == "unavailable" ? .serviceUnavailable : .ok
            return response
        }
        get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: metrics.text)))
        }
    }
}

import Hummingbird

extension RouterMethods {
    /// Adds `/healthz` (the process runs), `/readyz` (the service can serve) and `/metrics` (Prometheus' text format).
    func addOperations(readiness: Readiness, metrics: PrometheusRegistry) {
        let alive = ByteBuffer(string: #"{"status":"alive"}"#)
        get("healthz") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8"], body: .init(byteBuffer: alive))
        }
        get("readyz") { request, context in
            let report = await readiness.report()
            var response = try report.response(from: request, context: context)
            response.status = report.status == "unavailable" ? .serviceUnavailable : .ok
            return response
        }
        get("metrics") { _, _ in
            metrics.recordProcess()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: metrics.text)))
        }
    }
}

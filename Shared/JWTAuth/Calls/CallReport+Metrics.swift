import CurlClient
import HTTPTypes
import Metrics

extension HTTPClient.CallReport {
    /// Adds the call to the metrics of the service. The names follow OpenTelemetry's conventions for HTTP clients.
    func record() {
        let server = [("server.address", server)]
        Timer(label: "http.client.request.duration", dimensions: server + [outcomeLabel])
            .recordNanoseconds(Int64(duration / .nanoseconds(1)))
        if attempts > 1 { Counter(label: "http.client.retries", dimensions: server).increment(by: attempts - 1) }
        if openedConnections > 0 {
            Counter(label: "http.client.opened_connections", dimensions: server).increment(by: openedConnections)
        }
        if openedCircuit { Counter(label: "http.client.opened_circuits", dimensions: server).increment() }
    }

    private var outcomeLabel: (String, String) {
        switch outcome {
        case .response(let status): ("http.response.status_code", String(status.code))
        case .error(let code): ("error.type", code.description)
        }
    }
}

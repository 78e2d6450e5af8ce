extension PrometheusRegistry {
    /// The help texts of the metrics that every service has.
    static let descriptions = [
        "hb_requests_total": "Responses, by route, method and status.",
        "hb_request_errors_total":
            "Responses from 500 up, by route, method and status; not those to requests that were cancelled.",
        "http_server_active_requests": "Requests whose handler runs, by method.",
        "http_server_request_duration_seconds": "Time until the handler has returned the response.",
        "http_connections": "Open connections of clients.",
        "http_connections_closed_total": "Connections that the service closed because of a limit, by reason.",
        "http_requests_rejected_total": "Requests rejected because the service is overloaded, by reason.",
        "http_event_loop_delay_seconds": "How long requests wait until they begin.",
        "readiness_state": "A check at the last request to /readyz: 0 ready, 1 degraded, 2 unavailable.",
        "log_lines_dropped_total": "Log lines dropped because nothing read them.",
        "trace_spans_dropped_total": "Spans that the collector rejected or did not take in time.",
        "trace_export_failures_total": "Batches of spans that the collector did not accept, or only in part.",
        "process_cpu_seconds_total": "Time that the process has used on the processors.",
        "process_start_time_seconds": "When the process started, in seconds since 1970.",
        "process_virtual_memory_bytes": "Virtual memory of the process.",
        "process_resident_memory_bytes": "Resident memory of the process.",
        "process_open_fds": "Open file descriptors of the process.",
        "process_max_fds": "The limit of open file descriptors.",
    ]
}

public import ServiceRuntime

extension PrometheusRegistry {
    /// Sets the help texts of the metrics about keys, tokens, revocations and calls to other services. Creates the counters of
    /// rejected requests, because Prometheus counts no increase before the first value of a series.
    public func describeAuthentication() {
        describe([
            "door_refusals_total": "Requests rejected because of their token, by reason.",
            "jwt_keys_reloads_total": "How often the key file was read after a change.",
            "jwt_keys_reload_failures_total": "How often the key file became unusable.",
            "jwt_keys_faulty":
                "1 if the key file is missing or invalid, and the previous keys stay in use; otherwise 0.",
            "jwt_key_verifies": "1 if the key verifies tokens, 0 if it was removed.",
            "jwt_key_signs": "1 if the key signs tokens, otherwise 0.",
            "revocations_age_seconds": "Time since the last contact with login.",
            "revocations_entries": "Revocations in force.",
            "revocations_failures_total": "Reads of the revocation feed that failed or had an invalid response.",
            "http_client_request_duration_seconds":
                "Time of a call to another service with all its attempts, by server and status or error.",
            "http_client_retries_total": "Attempts after the first of a call, by server.",
            "http_client_opened_connections_total": "New connections to other services, by server.",
            "http_client_opened_circuits_total": "How often calls began to fail at once, by server.",
        ])
        for reason in Rejection.reasons { _ = Rejection.counter(reason, in: self) }
    }
}

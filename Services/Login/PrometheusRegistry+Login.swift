import ServiceRuntime

extension PrometheusRegistry {
    /// Sets the help texts of login's own metrics.
    func describeLogin() {
        describe([
            "jwt_longest_life_seconds": "How long a key is needed after it has signed a token.",
            "login_tokens_issued_total": "Access tokens issued, by grant.",
            "login_failures_total": "Sign-ins with a wrong name or password.",
            "login_client_failures_total": "Client authentications with a wrong id or secret.",
            "login_throttled_total":
                "Sign-ins rejected without a look at the password, because too many failed before.",
        ])
    }
}

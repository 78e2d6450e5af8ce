extension Cluster {
    /// The variables with which login issues tokens for compare and answers its questions, as `scripts/up --compare` sets
    /// them.
    public static let variablesForCompare = [
        "TOKEN_AUDIENCES": ServiceName.allNames, "SESSION_READERS": "compare", "PASSWORD_CHECKS": "on",
    ]
}

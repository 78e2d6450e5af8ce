public import ArgumentParser
public import JWT

/// `HS256`, `HS384` and `HS512` as arguments of the command.
extension Algorithm: ExpressibleByArgument {}

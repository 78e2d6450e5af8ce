public import ArgumentParser
public import JWT

/// `HS256` and its like as arguments of the command.
extension Algorithm: ExpressibleByArgument {}

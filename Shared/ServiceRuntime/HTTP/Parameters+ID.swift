public import Foundation
public import Hummingbird

extension Parameters {
    /// The path parameter `name` as an id.
    ///
    /// - Throws: `Problem` with 404 if it is not a valid id, because no resource can have such an id.
    public func id(_ name: String = "id") throws -> UUID {
        guard let text = get(name), let id = UUID(text: text) else { throw Problem.notFound() }
        return id
    }
}

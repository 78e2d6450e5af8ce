/// The demo data of the services.
public enum Demo {
    /// The password of all demo accounts.
    public static let password = "correct horse battery staple"
    /// The secret of the demo clients that have one.
    public static let clientSecret = "demo-secret-not-for-production"
    /// The id of a product.
    public static let lamp = "01900000-0000-7000-8000-000000000001"
    /// The id of another product.
    public static let chair = "01900000-0000-7000-8000-000000000002"
    /// The initial stock of lamps.
    public static let lampsInStock = 40
    /// The initial stock of chairs.
    public static let chairsInStock = 12
}

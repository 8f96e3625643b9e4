extension StateDict {
  /// Whether an entry has this name, but can't be read.
  package func isUnreadable(_ name: String) -> Bool {
    if case .opaque? = dictionary[name] { true } else { false }
  }

  /// Why there is no tensor of this name, as the rest of a sentence about it.
  package func whyNoTensor(_ name: String) -> String {
    switch dictionary[name] {
    case nil: "is missing"
    case .opaque(let value)?:
      "can't be read: it "
        + (value.unreadableReason ?? "is an object of the Python class \(value.name)")
    case let value?: "is no tensor, but of the type \(value.typeName)"
    }
  }
}

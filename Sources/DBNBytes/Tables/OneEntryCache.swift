/// Remembers the last value, so that equal arrays that come one after the other share their memory,
/// such as the filters of all datasets of a file.
package struct OneEntryCache<Value: Equatable> {
  private var last: Value?

  package init() {}

  /// The previous value if it is equal, to share its memory; otherwise the given value.
  package mutating func shared(_ value: Value) -> Value {
    if let last, last == value { return last }
    last = value
    return value
  }
}

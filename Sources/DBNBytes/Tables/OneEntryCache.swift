/// Remembers the last value: for arrays that come again and again, as the filters of all datasets of a
/// file do, so that equal ones share their memory.
package struct OneEntryCache<Value: Equatable> {
  private var last: Value?

  package init() {}

  /// The value that came before, if it is equal, which shares its memory.
  package mutating func shared(_ value: Value) -> Value {
    if let last, last == value { return last }
    last = value
    return value
  }
}

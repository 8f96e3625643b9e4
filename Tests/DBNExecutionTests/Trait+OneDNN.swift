import DBNExecution
import Testing

extension Trait where Self == ConditionTrait {
  /// For tests of the oneDNN engine, which are left out where its library is not installed.
  static var oneDNN: Self {
    .enabled(if: Engine.oneDNN.isAvailable, "oneDNN's library is not installed")
  }
}

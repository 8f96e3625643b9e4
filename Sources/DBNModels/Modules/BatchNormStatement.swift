public import DBNTensors

/// What a user states about the BatchNorms of a model, where the tensors can't show it.
public struct BatchNormStatement: Sendable, Hashable {
  /// BatchNorms of V devices that share one set of running statistics, which device 0 updates: on
  /// disk the same as standard ones.
  public struct FirstDevice: Sendable, Hashable {
    /// V.
    public var worldSize: Int
    /// Only one in so many forward passes in training updates the statistics: the first.
    public var accumulationSteps: Int

    /// - Parameters:
    ///   - worldSize: V, from 1 to `StateDict.worldSizeLimit`.
    ///   - accumulationSteps: 1 or more.
    public init(worldSize: Int, accumulationSteps: Int = 1) {
      self.worldSize = worldSize
      self.accumulationSteps = accumulationSteps
    }
  }

  /// Epsilon and momentum of all BatchNorms; they override those of the files and of the model.
  public var settings = BatchNormSettings()
  /// Nil: as the model has them, or as the history of the weights' file says.
  public var firstDevice: FirstDevice?
  /// Whether the history of the weights' file counts where `firstDevice` is nil.
  public var usesHistory = true

  /// States nothing.
  public init() {}

  /// The first-device BatchNorms of a file: those that are stated, or else those of its history.
  ///
  /// - Parameter stateDict: the state dict of the file that is used.
  package func firstDevice(of checkpoint: Checkpoint, _ stateDict: StateDict) -> FirstDevice? {
    firstDevice ?? (usesHistory ? checkpoint.firstDevice(of: stateDict) : nil)
  }
}

public import DBNTensors

extension BatchNormModule.Options {
  /// Makes options from a file's settings, with defaults for those that it lacks.
  public init(_ settings: BatchNormSettings, default options: Self = Self()) {
    self.init(
      eps: settings.epsilon ?? options.eps,
      momentum: settings.momentum.map(\.value) ?? options.momentum)
  }
}

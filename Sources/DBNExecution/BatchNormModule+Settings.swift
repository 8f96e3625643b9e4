public import DBNTensors

extension BatchNormModule.Options {
  /// The settings of a file, and the defaults where it has none.
  public init(_ settings: BatchNormSettings, default options: Self = Self()) {
    self.init(
      eps: settings.epsilon ?? options.eps,
      momentum: settings.momentum.map(\.value) ?? options.momentum)
  }
}

public import DBNTensors

extension BatchNormModule.Options {
  /// What a file says, and the default where it says nothing.
  public init(_ settings: BatchNormSettings, default options: Self = Self()) {
    self.init(
      eps: settings.epsilon ?? options.eps,
      momentum: settings.momentum.map(\.value) ?? options.momentum)
  }
}

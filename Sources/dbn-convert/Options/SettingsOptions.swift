public import ArgumentParser
public import DBNTensors

/// Epsilon and momentum, which no tensor shows.
struct SettingsOptions: ParsableArguments {
  @Option(
    help: """
      The epsilon added to variances, for all BatchNorms; by default the files' own, or else the \
      model's, or else 1e-05.
      """)
  var eps: Double?

  @Option(
    help: ArgumentHelp(
      "The momentum of running statistics in training, or none for averages over all batches; by "
        + "default the files' own, or else the model's, or else 0.1.", valueName: "momentum|none"))
  var momentum: BatchNormSettings.Momentum?

  var settings: BatchNormSettings { BatchNormSettings(epsilon: eps, momentum: momentum) }

  func validate() throws {
    // Other values make every output NaN, and all NaNs count as equal.
    guard eps.map({ $0 >= 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--eps must be 0 or more.")
    }
    guard (0...1).contains(momentum?.value ?? 0) else {
      throw ValidationError("--momentum must be from 0 to 1, or none.")
    }
  }
}

extension BatchNormSettings.Momentum: ExpressibleByArgument {
  public init?(argument: String) {
    if argument == "none" {
      self = .cumulative
    } else if let number = Double(argument) {
      self = .exponential(number)
    } else {
      return nil
    }
  }
}

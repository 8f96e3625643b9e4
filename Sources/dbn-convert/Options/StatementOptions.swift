import ArgumentParser
import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors

/// What the user states about the BatchNorms of a model, where the weights can't tell.
struct StatementOptions: ParsableArguments {
  @OptionGroup var source: SourceLayoutOptions
  @OptionGroup var devices: FirstDeviceOptions
  @OptionGroup var settings: SettingsOptions

  var statement: BatchNormStatement {
    var statement = BatchNormStatement()
    statement.settings = settings.settings
    statement.firstDevice = devices.statement(source)
    statement.usesHistory = source.fromLayout == nil
    return statement
  }

  /// The engine's options, with the stated layout and the file's added to the known ones.
  func options(_ engine: EngineOptions) throws(CheckpointError) -> ExecutionOptions {
    var options = try source.file.options(engine)
    if let name = source.fromLayout, devices.statement(source) == nil {
      options.layouts.insert(try source.file.layout(named: name), at: 0)
    }
    return options
  }

  func validate() throws {
    try devices.validate(source)
    guard source.fromLayout != BatchNormLayout.firstDevice.name || devices.worldSize != nil else {
      throw ValidationError("--from-layout first-device needs --world-size.")
    }
  }
}

/// The virtual devices of a layout that the tensors do not show.
struct FirstDeviceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The number of virtual devices, if it cannot be inferred from the file.", valueName: "V"))
  var worldSize: Int?

  @Option(
    help: ArgumentHelp(
      "With first-device: only the first of so many forward passes in training updates the "
        + "statistics.", valueName: "K"))
  var accumulationSteps: Int?

  /// The first-device BatchNorms that the options state; nil for another layout.
  func statement(_ source: SourceLayoutOptions) -> BatchNormStatement.FirstDevice? {
    guard source.fromLayout == BatchNormLayout.firstDevice.name, let worldSize else { return nil }
    return .init(worldSize: worldSize, accumulationSteps: accumulationSteps ?? 1)
  }

  func validate(_ source: SourceLayoutOptions) throws {
    guard worldSize == nil || source.fromLayout != nil || source.file.layoutFile != nil else {
      throw ValidationError("--world-size needs --from-layout or --layout-file.")
    }
    guard (1...StateDict.worldSizeLimit).contains(worldSize ?? 1) else {
      throw ValidationError("--world-size must be from 1 to \(StateDict.worldSizeLimit).")
    }
    let isFirstDevice = source.fromLayout == BatchNormLayout.firstDevice.name
    guard accumulationSteps == nil || isFirstDevice else {
      throw ValidationError("--accumulation-steps needs --from-layout first-device.")
    }
    guard accumulationSteps ?? 1 > 0 else {
      throw ValidationError("--accumulation-steps must be 1 or more.")
    }
  }
}

import ArgumentParser
import DBNBatchNorm
import DBNCheckpoints
import DBNExecution
import DBNTensors

/// A custom layout from a file.
struct LayoutFileOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A JSON file that describes one more BatchNorm layout; see docs/layouts.md.",
      valueName: "file"), completion: .file())
  var layoutFile: String?

  /// The layout of the file, if one is given.
  func layout() throws(CheckpointError) -> BatchNormLayout? {
    guard let layoutFile else { return nil }
    do throws(CheckpointError) {
      return try BatchNormLayout(parsing: JSON(parsing: MappedFile.open(layoutFile)))
    } catch {
      throw error.with(path: layoutFile)
    }
  }

  /// The engine's options, with the file's layout added to the known ones.
  func options(_ engine: EngineOptions) throws(CheckpointError) -> ExecutionOptions {
    var options = engine.options
    options.layouts = try layout().map { [$0] } ?? []
    return options
  }

  /// The layout of this name: the file's, or a known one.
  func layout(named name: String) throws(CheckpointError) -> BatchNormLayout {
    let own = try layout()
    if let own, own.name == name { return own }
    if let known = BatchNormLayout.named(name) { return known }
    let names = BatchNormLayout.all.map(\.name) + (own.map { [$0.name] } ?? [])
    throw CheckpointError(
      .invalidLayout, name: name, "there is no BatchNorm layout with this name",
      advice: "known layouts: \(names.joined(separator: ", ")); --layout-file adds one")
  }
}

extension LayoutFileOption {
  /// Checks the name of a layout, if no layout file can define it.
  ///
  /// - Parameters:
  ///   - option: the option that names it.
  ///   - layouts: those that the option can mean.
  ///   - other: the subcommand that writes all other layouts.
  func validate(
    _ name: String?, of option: String, among layouts: [BatchNormLayout],
    otherwise other: String? = nil
  ) throws {
    let names = layouts.map(\.name)
    guard layoutFile == nil, let name, !names.contains(name) else { return }
    if let other, BatchNormLayout.named(name) != nil {
      throw ValidationError("'\(name)' is not a layout for this command: use '\(other)'.")
    }
    throw ValidationError(
      "\(option) takes \(names.joined(separator: ", ")), or the name of --layout-file's layout, "
        + "not '\(name.visible(limit: 100))'\(name.suggestion(among: names))")
  }
}

extension BatchNormLayout {
  /// Those that `to-distributed` writes.
  static let ofDevices = all.filter(\.storesDevices)

  /// Those that `to-standard` writes.
  static let ofOneDevice = all.filter { !$0.storesDevices }

  /// Whether it is one of virtual devices.
  var storesDevices: Bool { buffers == .rows || self == .firstDevice }
}

/// The layout of the input, if it cannot be inferred from names and shapes.
struct SourceLayoutOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The input's BatchNorm layout, if it cannot be inferred from names and shapes.",
      valueName: "layout"), completion: .list(BatchNormLayout.all.map(\.name)))
  var fromLayout: String?

  @OptionGroup var file: LayoutFileOption

  func validate() throws {
    try file.validate(fromLayout, of: "--from-layout", among: BatchNormLayout.all)
  }

  /// - Parameters:
  ///   - worldSize: V of the input, if only the user knows it.
  ///   - usesFile: whether a layout file alone determines the input's layout.
  func hint(
    worldSize: Int? = nil, usesFile: Bool
  ) throws(CheckpointError) -> BatchNormSurvey.Hint? {
    if let fromLayout { return .init(try file.layout(named: fromLayout), worldSize: worldSize) }
    guard usesFile, let own = try file.layout() else { return nil }
    return .init(own, worldSize: worldSize)
  }
}

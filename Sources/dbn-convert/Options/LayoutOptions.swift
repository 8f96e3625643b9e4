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
      valueName: "file"))
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

/// The layout of the input, if it cannot be inferred from names and shapes.
struct SourceLayoutOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The input's BatchNorm layout, if it cannot be inferred from names and shapes.",
      valueName: "layout"))
  var fromLayout: String?

  @OptionGroup var file: LayoutFileOption

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

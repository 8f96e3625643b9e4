import ArgumentParser
import DBNTensors

/// The BatchNorms that a conversion changes.
struct SelectionOptions: ParsableArguments {
  @Option(help: "Convert only BatchNorms whose names match, e.g. 'layer4.*'; may be repeated.")
  var include: [String] = []

  @Option(help: "Leave alone BatchNorms whose names match; may be repeated.")
  var exclude: [String] = []

  var selection: NameSelection { NameSelection(include: include, exclude: exclude) }
}

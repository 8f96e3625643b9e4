import ArgumentParser
import DBNConversions

/// The changes of names in a state dict, in this order.
struct RenamingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Remove this prefix from keys: module. or module; may be repeated, and is done in order.",
      valueName: "prefix"))
  var stripPrefix: [String] = []

  @Option(
    help: ArgumentHelp(
      "Rename keys as sed does, 's/REGEX/REPLACEMENT/'; may be repeated.",
      discussion: "The word keras, or flax, gives its weights PyTorch's names and order of axes.",
      valueName: "substitution"))
  var rename: [String] = []

  var isEmpty: Bool { stripPrefix.isEmpty && rename.isEmpty }

  func validate() throws {
    for text in rename where Self.renaming(text) == nil {
      throw ValidationError(
        "'\(text)' is neither of the form 's/REGEX/REPLACEMENT/' nor 'keras' or 'flax'.")
    }
  }

  private static func renaming(_ text: String) -> Transformation? {
    switch text {
    case Transformation.keras: .kerasNames
    case Transformation.flax: .flaxNames
    default: Substitution(text).map { .renaming($0) }
    }
  }

  /// The transformations, in the order in which they are applied.
  var transformations: [Transformation] {
    stripPrefix.map { .strippingPrefix($0) } + rename.compactMap { Self.renaming($0) }
  }
}

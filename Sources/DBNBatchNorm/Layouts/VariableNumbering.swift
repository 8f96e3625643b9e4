public import DBNTensors

/// Keys that number the variables of a module instead of naming them: `vars.0`, `vars.1`, ...
///
/// A module is a BatchNorm in such a layout if it has as many variables as the layout, all of them
/// vectors of the same length, and its name is that of a BatchNorm.
public struct VariableNumbering: Sendable, Hashable {
  /// The part of the key between the module's name and the number.
  public let group: String
  /// The quantities in the order of their numbers.
  public let quantities: [BatchNormQuantity]
  /// The name that identifies a BatchNorm where the number of variables is not enough:
  /// `batch_normalization`, possibly followed by a number; nil to accept any name.
  public let module: String?

  /// The key of a variable, relative to the module.
  func key(_ number: Int) -> String { "\(group).\(number)" }

  var tensors: [BatchNormQuantity: TensorPlacement] {
    Dictionary(
      uniqueKeysWithValues: quantities.enumerated().map { ($1, .init(shared: key($0))) })
  }

  /// The names of other kinds of modules with as many vectors.
  let otherModules: [String]

  /// Whether the last component of a module's name is that of a BatchNorm.
  func isName(_ name: String) -> Bool { module.map { Self.isName(name, of: $0) } ?? true }

  /// Whether a module's name does not show what kind of module it is.
  func isOpen(_ name: String) -> Bool {
    !isName(name) && !otherModules.contains { Self.isName(name, of: $0) }
  }

  private static func isName(_ name: String, of module: String) -> Bool {
    let last = name.split(separator: ".").last ?? ""
    guard last.hasPrefix(module) else { return false }
    let rest = last.dropFirst(module.count)
    return rest.isEmpty || (rest.first == "_" && rest.dropFirst().allSatisfy(\.isNumber))
  }
}

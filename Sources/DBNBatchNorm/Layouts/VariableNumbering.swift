/// Keys that number the variables of a module and do not name them: `vars.0`, `vars.1`, ...
///
/// A module is a BatchNorm of such a layout if it has as many variables as the layout, all of them
/// vectors of one length, and is called like one.
public struct VariableNumbering: Sendable, Hashable {
  /// The key after the module's name, before the number.
  public let group: String
  /// What the variables are, in the order of their numbers.
  public let quantities: [BatchNormQuantity]
  /// The name of modules that are BatchNorms, where the number of variables leaves it open:
  /// `batch_normalization`, also followed by a number; nil: any name.
  public let module: String?

  /// The key of a variable, after the module's name.
  func key(_ number: Int) -> String { "\(group).\(number)" }

  var tensors: [BatchNormQuantity: TensorPlacement] {
    Dictionary(
      uniqueKeysWithValues: quantities.enumerated().map { ($1, .init(shared: key($0))) })
  }

  /// What modules are called that have as many vectors and are no BatchNorms.
  let otherModules: [String]

  /// Whether the last part of a module's name is what BatchNorms are called.
  func isName(_ name: String) -> Bool { module.map { Self.isName(name, of: $0) } ?? true }

  /// Whether a module's name leaves open what it is.
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

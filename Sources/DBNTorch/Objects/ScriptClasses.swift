import DBNTensors
import DBNZip

/// The classes of a TorchScript program, as far as a state dict needs them: which attributes are
/// parameters, buffers and modules. Read from the first lines of each class in the program's code,
/// which is not executed.
///
/// Source: `torch/csrc/jit/serialization/python_print.cpp` (`printNamedType`).
struct ScriptClasses {
  /// A class that is a module.
  struct Class {
    fileprivate(set) var parameters: [String] = []
    fileprivate(set) var buffers: [String] = []
    /// The attributes whose types are classes of the program.
    fileprivate(set) var modules: [String] = []
    /// Epsilon and momentum, where they are constants of the class.
    fileprivate(set) var settings = BatchNormSettings()
  }

  /// The module of the functions that a program's pickle wraps around lists and mappings.
  static let typedValues = "torch.jit._pickle."

  private var classes: [String: Class] = [:]

  /// The class with this name in the pickle, if it is a module.
  subscript(name: String) -> Class? { classes[name] }

  /// - Parameter folder: the archive's folder, with its slash.
  init(_ zip: ZipArchive, _ folder: String) throws(CheckpointError) {
    let root = "\(folder)code/"
    for entry in zip.entries
    where entry.name.utf8.starts(with: root.utf8)
      && entry.name.utf8.suffix(3).elementsEqual(".py".utf8)
    {
      let path = String(
        decoding: entry.name.utf8.dropFirst(root.utf8.count).dropLast(3), as: UTF8.self)
      read(try entry.wholeText(), module: path.replacing("/", with: "."))
    }
    keepModules()
  }

  private mutating func read(_ code: String, module: String) {
    var name: String?
    for line in code.split(separator: "\n") {
      if line.hasPrefix("class ") {
        let declaration = line.dropFirst(6)
        let isModule = declaration.hasSuffix("(Module):")
        name = isModule ? "\(module).\(declaration.dropLast(9))" : nil
        if let name { classes[name] = Class() }
      } else if let current = name {
        // Functions follow the attributes.
        if line.hasPrefix("  def ") {
          name = nil
        } else {
          classes[current]?.read(line.drop { $0 == " " })
        }
      }
    }
  }

  /// Keeps the attributes whose types are modules, now that all are known.
  private mutating func keepModules() {
    let names = Set(classes.keys)
    for name in names {
      let types = classes[name]?.modules ?? []
      classes[name]?.modules = types.compactMap { attribute in
        let parts = attribute.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, names.contains(String(parts[1])) else { return nil }
        return String(parts[0])
      }
    }
  }
}

extension ScriptClasses.Class {
  /// Reads one line before the functions of a class: `__parameters__ = ["weight", "bias", ]`,
  /// `bn : __torch__.torch.nn.modules.batchnorm.BatchNorm2d`, `eps : Final[float] = 0.001`, and for
  /// names that are no identifiers `__annotations__["0"] = __torch__.models.Block`.
  fileprivate mutating func read(_ line: Substring) {
    if line.hasPrefix("__parameters__ = ") {
      parameters = Self.names(in: line)
    } else if line.hasPrefix("__buffers__ = ") {
      buffers = Self.names(in: line)
    } else if line.hasPrefix("__annotations__["), let equals = line.firstRange(of: "] = ") {
      let (name, type) = (line[..<equals.lowerBound], line[equals.upperBound...])
      modules.append("\(Self.names(in: name).first ?? ""):\(type)")
    } else if let colon = line.firstRange(of: " : ") {
      let (name, type) = (line[..<colon.lowerBound], line[colon.upperBound...])
      if type.hasPrefix("__torch__.") { modules.append("\(name):\(type)") }
      readSetting(name, type)
    }
  }

  private mutating func readSetting(_ name: Substring, _ type: Substring) {
    guard let equals = type.firstRange(of: "] = "), type.hasPrefix("Final[") else { return }
    let value = type[equals.upperBound...]
    let number = Double(value).flatMap { $0.isFinite ? $0 : nil }
    switch name {
    case "eps": settings.epsilon = number.flatMap { $0 >= 0 ? $0 : nil }
    case "momentum":
      settings.momentum = number.map { .exponential($0) } ?? (value == "None" ? .cumulative : nil)
    default: break
    }
  }

  /// The texts in quotes.
  private static func names(in line: Substring) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}

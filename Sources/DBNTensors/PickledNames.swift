/// A class or function that a pickle names, and that Python would import if it loaded the pickle.
public struct PickledName: Sendable, Hashable {
  /// The module, by its name in Python 3; `?` if the pickle does not hold it as text.
  public let module: String
  /// The name in the module; `?` if the pickle does not hold it as text.
  public let name: String
  /// Where it is named first, in bytes from the start of the file, or of the record that holds the
  /// pickle.
  public let offset: Int
  /// The record of an archive that holds the pickle; nil if the file itself is pickles.
  public package(set) var record: String?
  /// The keys that the value stands under, joined with `/`; nil if it stands under none.
  public package(set) var entry: String?
  /// Whether only an attack needs it, or it makes functions from code in the pickle.
  public package(set) var isDangerous: Bool
  /// Whether it is one that weights need: PyTorch's `weights_only` loading accepts it, or it is a
  /// class of `torch.nn`.
  public let isUsual: Bool

  package init(
    module: String, name: String, offset: Int, entry: String?, isDangerous: Bool, isUsual: Bool
  ) {
    self.module = module
    self.name = name
    self.offset = offset
    self.entry = entry
    self.isDangerous = isDangerous
    self.isUsual = isUsual
  }

  /// In place of what the pickle does not hold as text.
  package static let unknown = "?"

  /// The whole name: `collections.OrderedDict`.
  public var path: String { "\(module).\(name)" }
}

/// All classes and functions that a file's pickles name: what loading it in Python would import, and
/// could call. Nothing here does.
public struct PickledNames: Sendable {
  /// Each once for a pickle, in the order in which they are named.
  public private(set) var names: [PickledName] = []
  /// How many further ones there are: a pickle can consist of names.
  public package(set) var omitted = 0
  /// Why a pickle was not looked through to its end; nil if all were.
  public package(set) var stop: String?

  /// How many of the names are dangerous.
  private var dangerousCount = 0

  /// How many names of one kind are listed, dangerous or not: no checkpoint has so many.
  package static let limit = 10_000

  package init() {}

  /// Adds a name, unless there are too many.
  package mutating func add(_ name: PickledName) {
    let others = name.isDangerous ? dangerousCount : names.count - dangerousCount
    guard others < Self.limit else { return omitted += 1 }
    if name.isDangerous { dangerousCount += 1 }
    names.append(name)
  }

  /// Adds what a record or another file has.
  package mutating func add(_ other: PickledNames, in record: String? = nil) {
    for var name in other.names {
      name.record = [record, name.record].compactMap(\.self).joined(separator: "/")
      if name.record?.isEmpty == true { name.record = nil }
      add(name)
    }
    omitted += other.omitted
    stop = stop ?? other.stop.map { reason in record.map { "\($0): \(reason)" } ?? reason }
  }
}

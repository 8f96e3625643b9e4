package import DBNTensors

/// The structure of an HDF5 file and where its bytes are, without the bytes: all that the rest of
/// the module needs to know about the file format.
///
/// Its contents are not checked; `validate` refuses what is unsafe, wherever the catalog comes
/// from. Groups and datasets are referred to by index, so that hard links to one object have the
/// same index, and cycles are plain data. When a file is written, the catalog is the plan of what
/// to create.
package struct Catalog: Sendable {
  /// The groups; the first is the root.
  package var groups: [Group] = [Group(path: "")]
  package var datasets: [Dataset] = []
  /// Whether the file's flags show that the program that wrote it never closed it.
  package var isUnclosed = false
  /// Whether the end of the file may be missing, and what is left of it is read.
  package var isSalvaged = false
  package var remarks = Remarks()

  package init() {}

  package struct Group: Sendable {
    /// The names of the links from the root to here, joined by `/`; one path if there are several.
    package let path: String
    /// The group with the link that the path ends with; nil for the root.
    let parent: Int?
    package var attributes: [Attribute] = []
    /// The links, in creation order if the file tracks it, else by name.
    package var links: [Link] = []

    package init(path: String, parent: Int? = nil) {
      self.path = path
      self.parent = parent
    }
  }

  package struct Link: Sendable {
    package let name: String
    package let target: Target

    package init(_ name: String, _ target: Target) {
      self.name = name
      self.target = target
    }
  }

  package enum Target: Sendable {
    case group(Int)
    case dataset(Int)
    /// A named type, which has no data.
    case namedType
    /// A path within the file, from the link's group or, with a leading `/`, from the root.
    indirect case softLink(String)
    case externalLink
    case userDefinedLink
    /// An object whose description can't be read, with the reason.
    indirect case unreadable(CheckpointError)
  }

  package struct Dataset: Sendable {
    /// The path of the group that links to it; the link's name is stored too. Both strings are in
    /// memory anyway, while a path would be another string for each dataset.
    private let group: String
    let name: String
    package var attributes: [Attribute]
    package var type: ElementType
    /// The shape; nil for HDF5's null dataspace, which has no elements, and `[]` for a scalar.
    package var shape: [Int]?
    package var extent: Extent

    /// - Parameter name: the name of the link in the group with this path.
    package init(
      _ name: String, in group: String = "", attributes: [Attribute] = [], type: ElementType,
      shape: [Int]?, extent: Extent
    ) {
      self.group = group
      self.name = name
      self.attributes = attributes
      self.type = type
      self.shape = shape
      self.extent = extent
    }

    /// The path, as of a group.
    package var path: String { group.appending(link: name) }
  }

  /// A small value attached to a group or dataset.
  package struct Attribute: Sendable {
    package let name: String
    package let value: Value

    package init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }

    package enum Value: Sendable, Equatable {
      case string(String)
      case int(Int)
      case float(Double)
      case bool(Bool)
      /// A list of strings.
      case strings([String])
      /// Something that is not read here: arrays of numbers, references.
      case other
      /// Something that can't be read, with the reason. Only files of the schema need all of theirs.
      indirect case unreadable(CheckpointError)
    }
  }
}

extension [Catalog.Attribute] {
  package subscript(name: String) -> Catalog.Attribute.Value? {
    first { $0.name.isIdentical(to: name) }?.value
  }

  /// The value of a string attribute.
  package func string(_ name: String) -> String? {
    guard case .string(let text) = self[name] else { return nil }
    return text
  }

  /// The value of an attribute that is a list of strings.
  package func strings(_ name: String) -> [String]? {
    guard case .strings(let texts) = self[name] else { return nil }
    return texts
  }
}

extension String {
  /// The path of a link in the group at this path.
  package func appending(link: String) -> String {
    isEmpty ? link : "\(self)/\(link)"
  }
}

internal import DBNTensors

/// What an HDF5 file contains and where its bytes lie, without the bytes: all that the rest of the
/// module knows of the file format.
///
/// Nothing in it is trusted or checked: `validate` refuses what is unsafe, whatever filled the
/// catalog. Groups and datasets are referred to by index, so that hard links to one object have the
/// same index, and cycles are plain data. When a file is written, the catalog is the plan of what
/// to create.
package struct Catalog: Sendable {
  /// The first is the root group.
  package var groups: [Group] = [Group(path: "")]
  package var datasets: [Dataset] = []
  /// Whether the program that wrote the file never closed it, as the file's flags say.
  package var isUnclosed = false

  package init() {}

  package struct Group: Sendable {
    /// The links that lead here from the root, joined by `/`; one of them if there are several.
    package let path: String
    package var attributes: [Attribute] = []
    /// In creation order where the file tracks it, else by name.
    package var links: [Link] = []

    package init(path: String) {
      self.path = path
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
    /// A named type, which holds no data.
    case namedType
    /// A path within the file, from the link's group or, with a leading `/`, from the root.
    indirect case softLink(String)
    case externalLink
    case userDefinedLink
  }

  package struct Dataset: Sendable {
    /// The path of the group that links to it, and the link's name. Both texts are in memory
    /// anyway; a path would be one more text for each dataset.
    private let group: String
    let name: String
    package var attributes: [Attribute]
    package var type: ElementType
    /// Nil is HDF5's null dataspace, which has no elements; `[]` is a scalar.
    package var shape: [Int]?
    package var extent: Extent

    /// - Parameter name: of the link in the group with this path.
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

    /// As a group's.
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
      /// A list of texts.
      case strings([String])
      /// Something that is never read here: arrays of numbers, references.
      case other
    }
  }
}

extension [Catalog.Attribute] {
  package subscript(name: String) -> Catalog.Attribute.Value? {
    first { $0.name.isIdentical(to: name) }?.value
  }

  /// The text of a string attribute.
  package func string(_ name: String) -> String? {
    guard case .string(let text) = self[name] else { return nil }
    return text
  }

  /// The texts of an attribute that is a list of them.
  package func strings(_ name: String) -> [String]? {
    guard case .strings(let texts) = self[name] else { return nil }
    return texts
  }
}

extension String {
  /// The path of a link in the group with this path.
  package func appending(link: String) -> String {
    isEmpty ? link : "\(self)/\(link)"
  }
}

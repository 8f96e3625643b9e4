internal import DBNTensors

/// What a file has that its values alone do not show: how many things of each kind, and the names of
/// the first, for notes.
package struct Remarks: Sendable {
  enum Kind: CaseIterable {
    /// Names of links that are not UTF-8.
    case otherName
    /// Soft links with a component `..`.
    case upwardLink
    /// Integers with names.
    case enumeration
    /// Floats of 8 bits with an exponent of 4, which HDF5 and PyTorch read differently.
    case smallFloat
    /// Opaque elements of Keras, which can only be bfloat16.
    case impliedBfloat16
    /// Entries that can't be read.
    case unreadable
    /// Groups without links.
    case emptyGroup
  }

  private var found: [Kind: (count: Int, first: [String])] = [:]

  /// How many names a note lists.
  private static let listed = 3

  /// - Parameter reason: what is said of it after its name.
  mutating func add(_ kind: Kind, _ name: String, _ reason: String = "") {
    found[kind, default: (0, [])].count += 1
    if found[kind, default: (0, [])].first.count < Self.listed {
      found[kind]?.first.append("'\(name.visible())'\(reason)")
    }
  }

  func count(_ kind: Kind) -> Int { found[kind]?.count ?? 0 }

  /// A note for each kind that was found.
  var sentences: [String] {
    Kind.allCases.compactMap { kind in
      guard let (count, first) = found[kind] else { return nil }
      let names = first.joined(separator: ", ") + (count > Self.listed ? ", ..." : "")
      return kind.sentence(count: count, names: names)
    }
  }
}

extension Remarks.Kind {
  fileprivate func sentence(count: Int, names: String) -> String {
    let isOne = count == 1
    return switch self {
    case .otherName:
      "\(count) \(isOne ? "name is" : "names are") not UTF-8: read as Latin-1 (\(names))"
    case .upwardLink:
      "\(count) soft \(isOne ? "link has" : "links have") '..' in the path: taken for the enclosing "
        + "group, as HDF5's own library does not (\(names))"
    case .enumeration:
      "\(count) HDF5 \(isOne ? "dataset is an enumeration" : "datasets are enumerations"): read as "
        + "integers, without their names (\(names))"
    case .smallFloat:
      "\(count) HDF5 \(isOne ? "dataset has" : "datasets have") 8-bit floats: read as float8_e4m3fn, "
        + "whose numbers from 256 to 448 HDF5's own library converts to NaN and infinity (\(names))"
    case .impliedBfloat16:
      "\(count) HDF5 \(isOne ? "dataset has" : "datasets have") opaque elements of 2 bytes: read as "
        + "bfloat16, the only type of Keras that its older files keep like that (\(names))"
    case .unreadable:
      "\(count) HDF5 \(isOne ? "object is" : "objects are") listed and not read: \(names)"
    case .emptyGroup:
      "\(count) empty HDF5 \(isOne ? "group is" : "groups are") left out (\(names))"
    }
  }
}

package import DBNTensors

/// Follows links through a catalog, including soft links, but never into another file.
package struct CatalogResolver {
  package enum Object: Sendable {
    case group(Int)
    case dataset(Int)
    case namedType
  }

  package let catalog: Catalog
  /// The links, by name, of groups that soft links passed through.
  private var indices: [Int: [CheckpointDictionary.Key: Catalog.Target]] = [:]

  package init(_ catalog: Catalog) {
    self.catalog = catalog
  }

  /// The object that a link of the group points to.
  package mutating func object(
    _ link: Catalog.Link, in group: Int
  ) throws(CheckpointError) -> Object {
    var softLinks = HDF5Limits.softLinks
    let name = catalog.groups[group].path.appending(link: link.name)
    return try object(link.target, in: group, &softLinks, name)
  }

  private mutating func object(
    _ target: Catalog.Target, in group: Int, _ softLinks: inout Int, _ name: String
  ) throws(CheckpointError) -> Object {
    switch target {
    case .group(let index): return .group(index)
    case .dataset(let index): return .dataset(index)
    case .namedType: return .namedType
    case .externalLink:
      throw CheckpointError(.externalLink, name: name, "leads through an external link")
    case .userDefinedLink:
      throw CheckpointError(.userDefinedLink, name: name, "leads through a user-defined link")
    case .softLink(let path):
      softLinks -= 1
      guard softLinks >= 0 else {
        throw CheckpointError(
          .danglingLink, name: name, "is a soft link that leads through too many others")
      }
      return try object(at: path, from: group, &softLinks, name)
    }
  }

  /// Recursion ends at the limit of soft links.
  private mutating func object(
    at path: String, from group: Int, _ softLinks: inout Int, _ name: String
  ) throws(CheckpointError) -> Object {
    var object = Object.group(path.utf8.first == UInt8(ascii: "/") ? 0 : group)
    for component in path.split(separator: "/") where component != "." {
      guard case .group(let group) = object,
        let target = index(of: group)[.string(String(component))]
      else {
        throw CheckpointError(
          .danglingLink, name: name, "is a soft link to '\(path.visible())', which does not exist",
          advice: "remove the link")
      }
      object = try self.object(target, in: group, &softLinks, name)
    }
    return object
  }

  private mutating func index(of group: Int) -> [CheckpointDictionary.Key: Catalog.Target] {
    if let known = indices[group] { return known }
    var index: [CheckpointDictionary.Key: Catalog.Target] = [:]
    for link in catalog.groups[group].links { index[.string(link.name)] = link.target }
    indices[group] = index
    return index
  }
}

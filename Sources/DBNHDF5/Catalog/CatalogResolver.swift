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

  /// The names of soft links with a component `..` that was taken for the enclosing group.
  private(set) var upwardNames: [String] = []

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
      throw CheckpointError(
        .externalLink, name: name,
        "is an external link: it leads into another file, and no other file is opened",
        advice: "copy what it leads to into this file")
    case .userDefinedLink:
      throw CheckpointError(
        .userDefinedLink, name: name,
        "is a user-defined link, which only the program that made it can follow",
        advice: "copy what it leads to into this file")
    case .unreadable(let error): throw error.with(name: name)
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
      guard case .group(let group) = object else { throw Self.dangling(name, path) }
      if let target = index(of: group)[.string(String(component))] {
        object = try self.object(target, in: group, &softLinks, name)
      } else if component == "..", let parent = catalog.groups[group].parent {
        object = .group(parent)
        upwardNames.append(name)
      } else {
        throw Self.dangling(name, path)
      }
    }
    return object
  }

  private static func dangling(_ name: String, _ path: String) -> CheckpointError {
    CheckpointError(
      .danglingLink, name: name, "is a soft link to '\(path.visible())', which does not exist",
      advice: "remove the link")
  }

  private mutating func index(of group: Int) -> [CheckpointDictionary.Key: Catalog.Target] {
    if let known = indices[group] { return known }
    var index: [CheckpointDictionary.Key: Catalog.Target] = [:]
    for link in catalog.groups[group].links { index[.string(link.name)] = link.target }
    indices[group] = index
    return index
  }
}

import DBNCHDF5
import DBNTensors

@testable import DBNHDF5

/// A link as libhdf5 describes it.
struct LibraryLink {
  let name: String
  let type: H5L_type_t
  /// Of a hard link: where the object's header lies.
  let address: haddr_t
  /// Of a soft link: the bytes of its path.
  let valueByteCount: Int
}

extension Handle {
  /// The links of a group (`H5Literate`), in creation order where it is tracked, else by name.
  func links(of path: String) throws(CheckpointError) -> [LibraryLink] {
    let index = try tracksOrder(path) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME
    var visit = LinkVisit()
    let status = withUnsafeMutablePointer(to: &visit) { visit in
      chdf5_iterate_links(identifier, index, collect, visit)
    }
    guard !visit.hasInvalidName else {
      throw CheckpointError(
        .invalidText, name: path, "a link's name is not valid UTF-8",
        advice: "rename it with the tool that wrote the file")
    }
    try check("cannot list the links", name: path, status)
    return visit.links
  }

  /// The path that a soft link holds (`H5Lget_val`).
  func softLinkValue(_ link: LibraryLink, path: String) throws(CheckpointError) -> String {
    // A path longer than this can't be resolved within the depth limit.
    guard link.valueByteCount <= 1 << 20 else {
      throw CheckpointError(.limitExceeded, name: path, "the soft link's path is too long")
    }
    var value = [UInt8](repeating: 0, count: link.valueByteCount)
    try check(
      "cannot read the soft link", name: path,
      H5Lget_val(identifier, link.name, &value, value.count, Library.defaults))
    guard let text = String(validating: value.prefix { $0 != 0 }, as: UTF8.self) else {
      throw CheckpointError(.invalidText, name: path, "the soft link's path is not valid UTF-8")
    }
    return text
  }

  private func tracksOrder(_ path: String) throws(CheckpointError) -> Bool {
    let creation = try Handle("cannot describe", name: path, H5Gget_create_plist(identifier))
    var flags: UInt32 = 0
    try check(
      "cannot describe", name: path, H5Pget_link_creation_order(creation.identifier, &flags))
    return flags & UInt32(H5P_CRT_ORDER_TRACKED) != 0
  }
}

private struct LinkVisit {
  var links: [LibraryLink] = []
  var hasInvalidName = false
}

private func collect(
  _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?, _ type: H5L_type_t,
  _ address: haddr_t, _ valueByteCount: Int
) -> herr_t {
  guard let context, let name else { return -1 }
  let visit = context.assumingMemoryBound(to: LinkVisit.self)
  guard let name = String(validatingCString: name) else {
    visit.pointee.hasInvalidName = true
    return -1
  }
  visit.pointee.links.append(
    LibraryLink(name: name, type: type, address: address, valueByteCount: valueByteCount))
  return 0
}

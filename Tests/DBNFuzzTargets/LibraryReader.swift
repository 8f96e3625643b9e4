import DBNCHDF5
import DBNTensors

/// Reads datasets of numbers with libhdf5, in a process of its own, since hostile files crash it.
struct LibraryReader {
  /// The status if a dataset differs.
  static let differs: Int32 = 3

  private let tensors: [String: Tensor]
  private var status: Int32 = 0
  private(set) var count = 0
  private var visited: Set<haddr_t> = []

  /// 0 if all datasets that both read are the same, 1 if libhdf5 refuses the file or a dataset.
  static func compare(_ path: String, with tensors: [String: Tensor]) -> Int32 {
    var reader = LibraryReader(tensors: tensors)
    reader.read(path)
    return reader.status
  }

  /// How many datasets libhdf5 can read.
  static func count(_ path: String) -> Int {
    var reader = LibraryReader(tensors: [:])
    reader.read(path)
    return reader.count
  }

  private init(tensors: [String: Tensor]) { self.tensors = tensors }

  private mutating func read(_ path: String) {
    H5Eset_auto2(0, nil, nil)
    H5PLset_loading_state(0)
    let file = H5Fopen(path, chdf5_read_only(), 0)
    let root = H5Gopen2(file, "/", 0)
    if root < 0 { status = 1 } else { readGroup(root, "", depth: 0) }
  }

  private mutating func readGroup(_ group: hid_t, _ prefix: String, depth: Int) {
    var address: haddr_t = 0
    guard depth < 20, chdf5_object_address(group, &address) >= 0, visited.insert(address).inserted
    else { return }
    for name in Self.links(of: group) {
      let object = H5Oopen(group, name, 0)
      switch H5Iget_type(object) {
      case H5I_GROUP: readGroup(object, "\(prefix)\(name).", depth: depth + 1)
      case H5I_DATASET: readDataset(object, "\(prefix)\(name)")
      default: break
      }
      H5Oclose(object)
    }
  }

  /// The names of hard links: others lead to other files, or to the same objects.
  private static func links(of group: hid_t) -> [String] {
    var names: [String] = []
    withUnsafeMutablePointer(to: &names) { names in
      _ = chdf5_iterate_links(
        group, H5_INDEX_NAME,
        { context, name, type, _, _ in
          guard type == H5L_TYPE_HARD, let name, let text = String(validatingCString: name) else {
            return 0
          }
          context?.assumingMemoryBound(to: [String].self).pointee.append(text)
          return 0
        }, names)
    }
    return names
  }

  private mutating func readDataset(_ dataset: hid_t, _ name: String) {
    let creation = H5Dget_create_plist(dataset)
    // The bytes of these are in other files.
    guard H5Pget_layout(creation) != H5D_VIRTUAL, H5Pget_external_count(creation) == 0,
      let type = Self.littleEndianType(of: dataset)
    else { return }
    let space = H5Dget_space(dataset)
    let elements = H5Sget_simple_extent_npoints(space)
    let size = H5Tget_size(type)
    guard elements > 0, elements <= hssize_t(byteLimit), Int(elements) * size <= byteLimit else {
      return
    }
    var bytes = [UInt8](repeating: 0, count: Int(elements) * size)
    guard H5Dread(dataset, type, 0, 0, 0, &bytes) >= 0 else {
      status = max(status, 1)
      return
    }
    count += 1
    compare(bytes, Self.shape(of: space), name)
  }

  private static func shape(of space: hid_t) -> [Int] {
    var sizes = [hsize_t](repeating: 0, count: Int(max(0, H5Sget_simple_extent_ndims(space))))
    H5Sget_simple_extent_dims(space, &sizes, nil)
    return sizes.map { Int(clamping: $0) }
  }

  /// The type in memory of integers that fill their bytes and of IEEE floats; nil for others, which
  /// are converted differently.
  private static func littleEndianType(of dataset: hid_t) -> hid_t? {
    let type = H5Tcopy(H5Dget_type(dataset))
    let kind = H5Tget_class(type)
    guard kind == H5T_INTEGER || kind == H5T_FLOAT, H5Tset_order(type, H5T_ORDER_LE) >= 0 else {
      return nil
    }
    let isWhole = H5Tget_precision(type) == 8 * H5Tget_size(type) && H5Tget_offset(type) == 0
    if kind == H5T_INTEGER {
      return isWhole && [1, 2, 4, 8].contains(H5Tget_size(type)) ? type : nil
    }
    let isKnown = [chdf5_type_float32(), chdf5_type_float64()].contains { H5Tequal(type, $0) > 0 }
    return isKnown ? type : nil
  }

  private mutating func compare(_ bytes: [UInt8], _ shape: [Int], _ name: String) {
    guard let tensor = tensors[name] else { return }
    // What can't be read here has a reason, which is not compared.
    guard let ours = try? tensor.storage.withBytes({ $0.withUnsafeBytes { Array($0) } }) else {
      return
    }
    guard tensor.shape != shape || ours != bytes else { return }
    print("\(name): \(tensor.shape) \(ours.prefix(64)), in libhdf5 \(shape) \(bytes.prefix(64))")
    status = Self.differs
  }
}

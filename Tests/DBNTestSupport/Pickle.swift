import DBNTensors

/// Pickles assembled operation by operation, because no pickler writes what these tests need.
public enum Pickle {
  public static let none: [UInt8] = [0x4E]
  public static let emptyTuple: [UInt8] = [0x29]
  public static let emptyList: [UInt8] = [0x5D]
  public static let emptyDict: [UInt8] = [0x7D]
  public static let mark: [UInt8] = [0x28]
  public static let setItem: [UInt8] = [0x73]
  public static let setItems: [UInt8] = [0x75]
  public static let append: [UInt8] = [0x61]
  public static let appends: [UInt8] = [0x65]
  public static let reduce: [UInt8] = [0x52]
  public static let build: [UInt8] = [0x62]
  public static let persistentID: [UInt8] = [0x51]

  public static func text(_ text: String) -> [UInt8] {
    [0x58] + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  public static func int(_ number: Int) -> [UInt8] {
    guard let small = Int32(exactly: number) else { return [0x8A, 8] + littleEndian(number) }
    return [0x4A] + littleEndian(small)
  }

  public static func put(_ index: UInt8) -> [UInt8] { [0x71, index] }

  public static func get(_ index: UInt8) -> [UInt8] { [0x68, index] }

  public static func tuple(_ elements: [UInt8]...) -> [UInt8] { mark + elements.joined() + [0x74] }

  public static func tuple(_ numbers: [Int]) -> [UInt8] { mark + numbers.flatMap(int) + [0x74] }

  public static func list(_ elements: [UInt8]...) -> [UInt8] {
    emptyList + mark + elements.joined() + appends
  }

  public static func dictionary(_ entries: (key: [UInt8], value: [UInt8])...) -> [UInt8] {
    emptyDict + mark + entries.flatMap { $0.key + $0.value } + setItems
  }

  public static func global(_ path: String) -> [UInt8] {
    let parts = path.split(separator: ".")
    let module = parts.dropLast().joined(separator: ".")
    return [0x63] + Array("\(module)\n\(parts.last ?? "")\n".utf8)
  }

  public static func call(_ path: String, _ arguments: [UInt8]...) -> [UInt8] {
    global(path) + mark + arguments.joined() + [0x74] + reduce
  }

  public static func storage(
    _ key: String = "0", count: Int = 4, type: String = "torch.FloatStorage"
  ) -> [UInt8] {
    tuple(text("storage"), global(type), text(key), text("cpu"), int(count)) + persistentID
  }

  /// A tensor as `torch.save` writes it.
  public static func tensor(
    _ size: [Int] = [4], stride: [Int] = [1], offset: Int = 0, of storage: [UInt8] = storage()
  ) -> [UInt8] {
    call(
      "torch._utils._rebuild_tensor_v2", storage, int(offset), tuple(size), tuple(stride), [0x89],
      call("collections.OrderedDict"))
  }

  /// The value's pickle in an archive with one storage.
  public static func archive(
    _ value: [UInt8], storage: [UInt8] = Pickle.floats, crc32: UInt32 = 0
  ) -> Archive {
    Archive([
      .init("archive/data.pkl", [0x80, 2] + value + [0x2E]),
      .init("archive/byteorder", Array("little".utf8)),
      .init("archive/data/0", storage, crc32: crc32),
      .init("archive/version", Array("3\n".utf8)),
    ])
  }

  /// 1, 2, 3, 4 as float32.
  public static let floats: [UInt8] = [1, 2, 3, 4].flatMap { littleEndian(Float($0).bitPattern) }

  public static let floatsCRC32: UInt32 = {
    let bytes = floats
    return CRC32.of(bytes.span.bytes)
  }()
}

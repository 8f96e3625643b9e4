internal import DBNTensors

/// HDF5's n-bit filter: of each element only the bits that its type uses, one after another.
///
/// Source: `H5Z__filter_nbit` and `H5Z__nbit_decompress` in H5Znbit.c; HDF5 File Format
/// Specification 3.0, section IV.A.2.l.
struct NBit: Sendable {
  /// The filter's parameters for a dataset of numbers, or of arrays of numbers.
  private let elementCount: Int
  private let isUnchanged: Bool
  private let element: Element

  private enum Element: Sendable {
    case bits(byteCount: Int, isBigEndian: Bool, precision: Int, offset: Int)
    /// Elements of a type without unused bits.
    case bytes(Int)

    var byteCount: Int {
      switch self {
      case .bits(let byteCount, _, _, _), .bytes(let byteCount): byteCount
      }
    }
  }

  private static let (atomic, array, other) = (1 as UInt32, 2 as UInt32, 4 as UInt32)

  /// - Returns: nil for compounds, and for parameters that contradict each other.
  init?(_ parameters: [UInt32]) {
    guard parameters.count >= 5 else { return nil }
    isUnchanged = parameters[1] != 0
    var (elementCount, rest) = (Int(parameters[2]), parameters[3...])
    // An array has its class and its size in bytes before those of its elements.
    var byteCount: Int?
    while rest.count > 2, rest.first == Self.array {
      byteCount = byteCount ?? Int(rest[rest.startIndex + 1])
      rest = rest.dropFirst(2)
    }
    let fields = Array(rest)
    guard fields.count >= 2, 1...(1 << 16) ~= fields[1] else { return nil }
    switch fields[0] {
    case Self.atomic:
      guard fields.count >= 5, fields[1] <= 8, fields[3] > 0, fields[3] <= 64, fields[4] < 64,
        fields[3] + fields[4] <= fields[1] * 8
      else { return nil }
      element = .bits(
        byteCount: Int(fields[1]), isBigEndian: fields[2] == 1, precision: Int(fields[3]),
        offset: Int(fields[4]))
    case Self.other: element = .bytes(Int(fields[1]))
    default: return nil
    }
    if let byteCount {
      let (product, overflow) = elementCount.multipliedReportingOverflow(
        by: byteCount / element.byteCount)
      guard !overflow, byteCount % element.byteCount == 0 else { return nil }
      elementCount = product
    }
    self.elementCount = elementCount
  }

  /// Unpacks the elements of a chunk into the target, which they must fill exactly.
  func undo(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    guard !isUnchanged else {
      guard source.count >= target.count else { throw Self.invalid() }
      return target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<target.count]))
    }
    let (byteCount, overflow) = elementCount.multipliedReportingOverflow(by: element.byteCount)
    guard !overflow, byteCount == target.count else { throw Self.invalid() }
    var reader = BitReader(source)
    switch element {
    case .bytes:
      guard reader.has(byteCount, of: 8) else { throw Self.invalid() }
      for index in 0..<byteCount { target[index] = UInt8(truncatingIfNeeded: reader.read(8)) }
    case .bits(let size, let isBigEndian, let precision, let offset):
      guard reader.has(elementCount, of: precision) else { throw Self.invalid() }
      for index in 0..<elementCount {
        let number = reader.read(precision) << UInt64(offset)
        for byte in 0..<size {
          let place = index * size + (isBigEndian ? size - 1 - byte : byte)
          target[place] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))
        }
      }
    }
  }

  private static func invalid() -> CheckpointError {
    CheckpointError(.invalidChunk, "a chunk is not as long as the n-bit filter made it")
  }
}

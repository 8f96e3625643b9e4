import DBNTensors
import Synchronization
import Testing

struct PermutingTests {
  /// A few bytes can be decompressed to a thousand times their own: neither they nor the result are in
  /// memory.
  @Test func aLargeTensorThatIsComputedIsPermutedInPieces() throws {
    let (rows, columns) = (4 << 10, 2560)
    let reads = Atomic(0)
    let source = TensorStorage(
      SlabbedBytes(byteCount: rows * columns * 8, slabByteCount: 8) { range, target in
        if range.lowerBound == 0 { reads.add(1, ordering: .relaxed) }
        let numbers = target.bindMemory(to: Int64.self)
        for place in 0..<range.count / 8 { numbers[place] = Int64(range.lowerBound / 8 + place) }
      })
    let tensor = try Tensor(.int64, shape: [rows, columns], storage: source)
    let permuted = try tensor.permuted([1, 0]).storage
    #expect(permuted.byteCount == 80 << 20 && permuted.largestBuffer <= 5 << 20)
    var isRight = true
    try permuted.read(pieces: 1 << 20) { start, piece in
      for offset in stride(from: 0, to: piece.byteCount, by: 1 << 15) {
        let (column, row) = ((start + offset) / 8).quotientAndRemainder(dividingBy: rows)
        let number = piece.unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self)
        isRight = isRight && number == Int64(row * columns + column)
      }
    }
    #expect(isRight && reads.load(ordering: .relaxed) == 1)
  }

  @Test(arguments: [ScalarType.int8, .float16, .float32, .float64, .complex128])
  func everyElementGoesToItsPlace(type: ScalarType) throws {
    let shape = [2, 3, 4, 5]
    let bytes = (0..<120 * type.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let tensor = try Tensor(type, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
    let permuted = try tensor.permuted([3, 1, 0, 2])
    #expect(permuted.shape == [5, 3, 2, 4])
    try permuted.storage.withBytes { result in
      for (a, b, c, d) in [(0, 0, 0, 0), (1, 2, 3, 4), (0, 1, 2, 3), (1, 0, 3, 1)] {
        let from = ((a * 3 + b) * 4 + c) * 5 + d
        let to = ((d * 3 + b) * 2 + a) * 4 + c
        for byte in 0..<type.byteCount {
          let moved = result.unsafeLoad(fromByteOffset: to * type.byteCount + byte, as: UInt8.self)
          #expect(moved == bytes[from * type.byteCount + byte])
        }
      }
    }
  }

  @Test(arguments: [[0, 1], [0, 0, 1], [0, 1, 3], []])
  func axesNameEveryDimensionOnce(axes: [Int]) throws {
    let tensor = try Tensor(
      .int8, shape: [1, 2, 3], storage: TensorStorage(ByteRegion([1, 2, 3, 4, 5, 6])))
    let error = #expect(throws: CheckpointError.self) { try tensor.permuted(axes) }
    #expect(error?.code == .inconsistentTensor)
  }

  @Test func tensorsWithoutElementsOrDimensionsArePermuted() throws {
    let empty = try Tensor(.float32, shape: [2, 0, 3], storage: TensorStorage(ByteRegion([])))
    #expect(try empty.permuted([2, 1, 0]).shape == [3, 0, 2])
    #expect(try empty.permuted([2, 1, 0]).storage.crc32() == 0)
    let scalar = try Tensor(.uint8, shape: [], storage: TensorStorage(ByteRegion([7])))
    #expect(try scalar.permuted([]).integers() == [7])
  }
}

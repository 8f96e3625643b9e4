import DBNTensors
import Testing

struct ElementTests {
  private func tensor(_ type: ScalarType, _ bytes: [UInt8]) throws -> Tensor {
    try Tensor(
      type, shape: [bytes.count / type.byteCount], storage: TensorStorage(ByteRegion(bytes)))
  }

  @Test func elementsOfTheirOwnTypeAreLentInPlace() throws {
    let region = ByteRegion([0, 0, 128, 63, 0, 0, 0, 192])
    let tensor = try Tensor(.float32, shape: [2], storage: TensorStorage(region))
    let address = region.withBytes { bytes in
      bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    }
    try tensor.withSpan(of: Float.self) { span in
      #expect(span.count == 2 && span[0] == 1 && span[1] == -2)
      let place = span.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
      #expect(place == address)
    }
  }

  @Test func unalignedElementsAreCopied() throws {
    let region = try ByteRegion([9, 0, 0, 128, 63]).slice(from: 1, count: 4)
    let tensor = try Tensor(.float32, shape: [1], storage: TensorStorage(region))
    try tensor.withSpan(of: Float.self) { #expect($0[0] == 1) }
    #expect(try tensor.array(of: Float.self) == [1])
  }

  @Test func floatsAndIntegersBecomeFloats() throws {
    #expect(try tensor(.float16, [0, 0x3C, 0, 0xC0]).array(of: Float.self) == [1, -2])
    #expect(try tensor(.bfloat16, [0x80, 0x3F]).array(of: Double.self) == [1])
    #expect(try tensor(.int8, [255, 2]).array(of: Float.self) == [-1, 2])
    #expect(try tensor(.bool, [0, 1, 7]).array(of: Double.self) == [0, 1, 1])
  }

  @Test func theLargestUnsignedIntegersAreNumbersToo() throws {
    let bytes = Array(repeating: UInt8(0xFF), count: 8)
    #expect(try tensor(.uint64, bytes).array(of: Double.self) == [0x1p64])
    let unaligned = try ByteRegion([0] + bytes).slice(from: 1, count: 8)
    let tensor = try Tensor(.uint64, shape: [1], storage: TensorStorage(unaligned))
    #expect(try tensor.array(of: UInt64.self) == [.max])
    #expect(throws: CheckpointError.self) { try tensor.array(of: Int.self) }
  }

  @Test func anyByteOfABoolIsABool() throws {
    #expect(try tensor(.bool, [0, 1, 2, 255]).array(of: Bool.self) == [false, true, true, true])
  }

  @Test func integersThatDoNotFitAreNamed() throws {
    #expect(try tensor(.int64, [1, 0, 0, 0, 0, 0, 0, 0]).array(of: UInt8.self) == [1])
    let error = #expect(throws: CheckpointError.self) {
      try tensor(.int16, [1, 0, 0, 1]).array(of: UInt8.self)
    }
    #expect(error?.code == .overflow && error?.reason.contains("element 1, 256") == true)
    #expect(throws: CheckpointError.self) {
      try tensor(.uint64, [255, 255, 255, 255, 255, 255, 255, 255]).array(of: Int.self)
    }
    let large = try tensor(.uint64, [255, 255, 255, 255, 255, 255, 255, 255])
    #expect(try large.array(of: UInt64.self) == [.max])
  }

  @Test(arguments: [ScalarType.complex64, .float8E5M2, .bits8, .float64])
  func whatIsNoIntegerIsRefused(type: ScalarType) throws {
    let tensor = try tensor(type, Array(repeating: 0, count: type.byteCount))
    let error = #expect(throws: CheckpointError.self) { try tensor.array(of: Int.self) }
    #expect(error?.code == .unsupportedScalarType)
    #expect(error?.reason.contains(type.name) == true)
  }
}

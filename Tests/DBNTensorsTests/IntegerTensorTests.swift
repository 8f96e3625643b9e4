import DBNTensors
import Testing

/// Tensors of bool and integers that are made of numbers.
struct IntegerTensorTests {
  static let bounds: [(ScalarType, Double, Double)] = [
    (.uint8, 0, 255), (.int8, -128, 127), (.uint16, 0, 65_535), (.int16, -32_768, 32_767),
    (.uint32, 0, 4_294_967_295), (.int32, -2_147_483_648, 2_147_483_647),
    (.int64, -0x1p63, 0x1p53), (.uint64, 0, 0x1p63),
  ]

  @Test(arguments: bounds)
  func everyIntegerOfTheTypeIsKept(scalarType: ScalarType, least: Double, largest: Double) throws {
    let tensor = try Tensor(integers: [least, 7, largest], of: scalarType, shape: [3])
    #expect(tensor.scalarType == scalarType && tensor.shape == [3])
    #expect(try tensor.doubles() == [least, 7, largest])
  }

  @Test(arguments: [
    (ScalarType.uint8, 256.0), (.uint8, -1), (.int8, 128), (.int32, 0x1p31), (.int64, 0x1p63),
    (.int64, 0.5), (.int16, .nan), (.int16, .infinity),
  ])
  func whatTheTypeCanNotHoldIsAnError(scalarType: ScalarType, value: Double) {
    let error = #expect(throws: CheckpointError.self) {
      try Tensor(integers: [0, value], of: scalarType, shape: [2])
    }
    #expect(error?.code == .overflow && error?.reason.contains("element 1") == true)
  }

  @Test func everyNumberButZeroIsTrue() throws {
    let tensor = try Tensor(integers: [0, 1, -2, 0.5], of: .bool, shape: [2, 2])
    #expect(try tensor.doubles() == [0, 1, 1, 1])
  }

  @Test func floatsHaveAnotherInitialiser() {
    let error = #expect(throws: CheckpointError.self) {
      try Tensor(integers: [1], of: .float32, shape: [1])
    }
    #expect(error?.code == .unsupportedScalarType)
  }
}

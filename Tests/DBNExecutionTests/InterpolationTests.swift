import DBNModels
import DBNTensors
import Testing

/// Which element is the nearest, where rounding decides: as PyTorch 2.13 has it in float32.
struct InterpolationTests {
  private func indices(
    _ mode: DBNModels.Operation.Interpolation.Mode, _ size: Int, to newSize: Int
  ) throws -> [Double] {
    let input = try DenseArray(shape: [1, 1, size], values: (0..<size).map(Double.init))
    let operation = Operation.interpolate(.init(mode, sizes: [.fixed(newSize)]))
    return try operation.outputs(of: [input])[0].values
  }

  @Test func positionsAreRoundedAsInFloat32() throws {
    #expect(try indices(.nearest, 6, to: 74)[37] == 2)
    #expect(try indices(.nearest, 28, to: 46)[23] == 13)
    #expect(try indices(.nearestExact, 14, to: 23)[11] == 6)
    #expect(try indices(.nearestExact, 4, to: 41)[20] == 1)
  }

  /// A size is scaled and rounded down; the positions are those of the scale, not of the sizes.
  @Test func aScaleDefinesTheSizeAndThePositions() throws {
    let input = try DenseArray(shape: [1, 1, 5], values: [0, 1, 2, 3, 4])
    let output = try Operation.interpolate(.init(.nearest, scales: [1.3])).outputs(of: [input])
    #expect(output[0].values == [0, 0, 1, 2, 3, 3])
  }
}

import DBNCOneDNN
import DBNTensors
import Foundation
import Testing

@testable import DBNExecution

/// A sum by oneDNN and what may follow it, in every layout, on sizes that do and do not fill its
/// vectors: where the engine would use the kernel, it is right, and writes nothing past its target.
@Suite(.oneDNN)
struct OneDNNBinaryTests {
  static let layouts: [Layout.Kind] = [
    .plain, .channelsLast, .blocked(4), .blocked(8), .blocked(16),
  ]
  private static let zeros = [UInt8](repeating: 0, count: (1 << 16) + 128)
  private static let scaling = Eltwise(algorithm: conednn_eltwise_linear, alpha: 2, beta: 1)
  private static let relu = Eltwise(algorithm: conednn_eltwise_relu)

  @Test(arguments: layouts, [[], [relu], [scaling, relu]])
  func sumsAreRight(kind: Layout.Kind, functions: [Eltwise]) throws {
    try OneDNNLibrary.load()
    for channels in [1, 3, 4, 8, 12, 16, 20, 24, 32, 40, 48] {
      for (samples, height) in [(1, 1), (1, 5), (3, 2), (3, 5)] {
        let shape = [samples, channels, height, 7]
        for other in [shape, [1, channels, 1, 1]] {
          try check(Layout(kind, shape), Layout(kind, other), functions)
        }
      }
    }
  }

  private func check(_ layout: Layout, _ other: Layout, _ functions: [Eltwise]) throws {
    guard functions.isEmpty || layout.allowsPostOperations else { return }
    let processor = try Processor()
    let kernel = try Kernel.binary(
      conednn_binary_add, layout, other, target: layout, functions.map { .eltwise($0) }, processor)
    guard let kernel, !kernel.isReference else { return }
    let (left, right) = (numbers(layout.shape), numbers(other.shape))
    let area = layout.shape[2] * layout.shape[3]
    let expected = left.indices.map { index in
      let channel = index / area % layout.shape[1]
      let sum = left[index] + right[other.shape == layout.shape ? index : channel]
      let scaled = functions.contains(Self.scaling) ? 2 * sum + 1 : sum
      return functions.contains(Self.relu) ? max(scaled, 0) : scaled
    }
    for isInPlace in layout.isPadded ? [false] : [false, true] {
      let source = try processor.constant(left, from: Layout(.plain, layout.shape), as: layout)
      let addend = try processor.constant(right, from: Layout(.plain, other.shape), as: other)
      // Far larger than the layout: a kernel that writes past its end must not hit other memory.
      let target = isInPlace ? source : Buffer(byteCount: layout.byteCount + (1 << 16))
      try run(
        kernel, on: processor,
        [
          (CONEDNN_ARG_SRC_0, layout, source), (CONEDNN_ARG_SRC_1, other, addend),
          (CONEDNN_ARG_DST, layout, target),
        ])
      let behind = try #require(target.bytes.baseAddress) + layout.byteCount
      #expect(
        memcmp(behind, Self.zeros, target.bytes.count - layout.byteCount) == 0, "\(layout.shape)")
      let result = try plain(target, layout, processor)
      #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(layout.shape)")
    }
  }

  private func numbers(_ shape: [Int]) -> [Float] {
    (0..<shape.reduce(1, *)).map { Float($0 * 37 % 101) / 50 - 1 }
  }

  private func run(
    _ kernel: Kernel, on processor: Processor, _ arguments: [(Int32, Layout, Buffer)]
  ) throws {
    let bound = try arguments.map { index, layout, buffer in
      (index, try Memory(layout, buffer.bytes.baseAddress, processor))
    }
    let stream = try Stream(processor)
    try BoundKernel(kernel, bound).run(on: stream)
    try stream.wait()
  }

  private func plain(
    _ buffer: Buffer, _ layout: Layout, _ processor: Processor
  ) throws -> [Float] {
    let plain = try Layout(.plain, layout.shape)
    let kernel = try #require(try Kernel.reorder(from: layout, to: plain, processor))
    let result = Buffer(byteCount: plain.byteCount)
    try run(
      kernel, on: processor, [(CONEDNN_ARG_FROM, layout, buffer), (CONEDNN_ARG_TO, plain, result)])
    return Array(result.floats(layout.shape.reduce(1, *)))
  }
}

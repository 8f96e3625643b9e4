import DBNCOneDNN
import DBNModels
import DBNTensors
import Synchronization

/// The parameters of a model, and their reordered copies, which the plans of its executors share.
final class WeightStore: Sendable {
  let processor: Processor
  /// The shapes by key.
  let shapes: [String: [Int]]
  private let tensors: [String: Tensor]
  private let made = Mutex<[String: [(layout: Layout, buffer: Buffer)]]>([:])

  /// - Throws: `missingOperand` for a missing tensor, `unsupportedScalarType` for one that
  ///   float32 can't represent.
  init(
    _ graph: Graph, _ stateDict: StateDict, roundsToFloat32: Bool
  ) throws(CheckpointError) {
    var tensors: [String: Tensor] = [:]
    for node in graph.nodes {
      for case .parameter(let key) in node.operands where tensors[key] == nil {
        tensors[key] = try graph.tensor(key, in: stateDict)
      }
    }
    for (key, tensor) in tensors.sorted(by: { $0.key < $1.key }) where !roundsToFloat32 {
      try tensor.requireFloat32(named: key)
    }
    processor = try Processor()
    shapes = tensors.mapValues(\.shape)
    self.tensors = tensors
  }

  private func tensor(_ key: String) throws(CheckpointError) -> Tensor {
    guard let tensor = tensors[key] else {
      throw CheckpointError(.missingOperand, name: key, "the model has no such parameter")
    }
    return tensor
  }

  /// Calls a closure with the numbers of a parameter.
  ///
  /// - Throws: `notFinite`, because kernels may drop a NaN before it reaches the outputs.
  func withFloats<Value>(
    _ key: String, _ body: (UnsafeBufferPointer<Float>) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    do throws(CheckpointError) {
      return try tensor(key).withSpan(of: Float.self) { span throws(CheckpointError) in
        try span.withUnsafeBufferPointer { floats throws(CheckpointError) in
          try floats.requireFinite()
          return try body(floats)
        }
      }
    } catch {
      throw error.with(name: key)
    }
  }

  func floats(_ key: String) throws(CheckpointError) -> [Float] {
    try withFloats(key) { floats in Array(floats) }
  }

  /// A parameter as an array for the reference's kernels.
  func array(_ key: String) throws(CheckpointError) -> DenseArray {
    try DenseArray(shape: tensor(key).shape, values: floats(key).map(Double.init))
  }

  /// A parameter in a layout, made once for each layout.
  ///
  /// - Parameters:
  ///   - plain: its layout before reordering.
  ///   - change: applied to the numbers first; `name` identifies it, and the layout `plain`.
  func constant(
    _ key: String, as layout: Layout, from plain: Layout, name: String = "",
    change: (([Float]) -> [Float])? = nil
  ) throws(CheckpointError) -> Buffer {
    let name = "\(key) \(name)"
    let known = made.withLock { $0[name]?.first { $0.layout.isEqual(to: layout) }?.buffer }
    if let known { return known }
    let buffer = try withFloats(key) { floats throws(CheckpointError) in
      guard let change else { return try processor.constant(floats, from: plain, as: layout) }
      return try processor.constant(change(Array(floats)), from: plain, as: layout)
    }
    made.withLock { $0[name, default: []].append((layout, buffer)) }
    return buffer
  }
}

extension Processor {
  func constant(
    _ floats: [Float], from plain: Layout, as layout: Layout
  ) throws(CheckpointError) -> Buffer {
    try floats.withUnsafeBufferPointer { floats throws(CheckpointError) in
      try constant(floats, from: plain, as: layout)
    }
  }

  /// The numbers in a new buffer with a layout.
  func constant(
    _ floats: UnsafeBufferPointer<Float>, from plain: Layout, as layout: Layout
  ) throws(CheckpointError) -> Buffer {
    let target = Buffer(byteCount: layout.byteCount)
    guard let kernel = try Kernel.reorder(from: plain, to: layout, self) else {
      throw CheckpointError(.engineFailed, "oneDNN cannot reorder weights")
    }
    // It is only read.
    let source = UnsafeMutableRawPointer(mutating: floats.baseAddress)
    let scratchpad = try kernel.layout(.scratchpad, [])
    let working = Buffer(byteCount: scratchpad.byteCount)
    let step = BoundKernel(
      kernel,
      [
        (CONEDNN_ARG_FROM, try Memory(plain, source, self)),
        (CONEDNN_ARG_TO, try Memory(layout, target.bytes.baseAddress, self)),
        (CONEDNN_ARG_SCRATCHPAD, try Memory(scratchpad, working.bytes.baseAddress, self)),
      ])
    let stream = try Stream(self)
    try step.run(on: stream)
    try stream.wait()
    return target
  }
}

extension Graph {
  fileprivate func tensor(
    _ key: String, in stateDict: StateDict
  ) throws(CheckpointError) -> Tensor {
    guard let tensor = stateDict[key] else {
      throw .noTensor(key, in: stateDict, neededBy: name)
    }
    return tensor
  }
}

extension Tensor {
  /// - Throws: `unsupportedScalarType` for float64.
  func requireFloat32(named key: String) throws(CheckpointError) {
    guard scalarType == .float64 else { return }
    throw CheckpointError(
      .unsupportedScalarType, name: key,
      "the oneDNN engine computes in float32, and the tensor is float64",
      advice:
        "use the reference engine (\(.referenceEngine)), or convert with \(.castingToFloat32)")
  }
}

extension UnsafeBufferPointer<Float> {
  fileprivate func requireFinite() throws(CheckpointError) {
    if conednn_all_finite(baseAddress, count) != 0 { return }
    let index = firstIndex { !$0.isFinite } ?? 0
    throw .notFinite("element \(index) is \(self[index])")
  }
}

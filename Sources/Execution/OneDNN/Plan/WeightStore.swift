#if OneDNN
  import COneDNN
  import Models
  import Synchronization
  import Tensors

  /// The parameters of a model, and what the plans of its executors have made of them: each is
  /// reordered once.
  final class WeightStore: Sendable {
    let processor: Processor
    /// By key.
    let shapes: [String: [Int]]
    private let tensors: [String: Tensor]
    private let made = Mutex<[String: [(layout: Layout, buffer: Buffer)]]>([:])

    /// - Throws: `missingOperand` for a tensor that is not there, `unsupportedScalarType` for one
    ///   that float32 can't hold.
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

    /// The numbers of a parameter.
    ///
    /// - Throws: `notFinite`: kernels would lose a NaN on its way to the outputs.
    func floats(_ key: String) throws(CheckpointError) -> [Float] {
      do throws(CheckpointError) {
        let floats = try tensor(key).array(of: Float.self)
        try floats.requireFinite()
        return floats
      } catch {
        throw error.with(name: key)
      }
    }

    /// The same for the reference's kernels.
    func array(_ key: String) throws(CheckpointError) -> DenseArray {
      try DenseArray(shape: tensor(key).shape, values: floats(key).map(Double.init))
    }

    /// What `make` makes, in a layout; made once for each key and layout.
    ///
    /// - Parameters:
    ///   - plain: the layout of what `make` makes.
    func constant(
      _ key: String, as layout: Layout, from plain: Layout,
      _ make: () throws(CheckpointError) -> [Float]
    ) throws(CheckpointError) -> Buffer {
      let known = made.withLock { $0[key]?.first { $0.layout.isEqual(to: layout) }?.buffer }
      if let known { return known }
      let buffer = try processor.constant(make(), from: plain, as: layout)
      made.withLock { $0[key, default: []].append((layout, buffer)) }
      return buffer
    }
  }

  extension Processor {
    /// The numbers in a buffer of a layout.
    func constant(
      _ floats: [Float], from plain: Layout, as layout: Layout
    ) throws(CheckpointError) -> Buffer {
      let source = Buffer(byteCount: floats.count * MemoryLayout<Float>.size)
      _ = source.floats(floats.count).update(fromContentsOf: floats)
      if layout.isEqual(to: plain) { return source }
      let target = Buffer(byteCount: layout.byteCount)
      guard let kernel = try Kernel.reorder(from: plain, to: layout, self) else {
        throw CheckpointError(.engineFailed, "oneDNN cannot reorder weights")
      }
      let scratchpad = try kernel.layout(.scratchpad, [])
      let working = Buffer(byteCount: scratchpad.byteCount)
      let step = BoundKernel(
        kernel,
        [
          (DNNL_ARG_FROM, try Memory(plain, source.bytes.baseAddress, self)),
          (DNNL_ARG_TO, try Memory(layout, target.bytes.baseAddress, self)),
          (DNNL_ARG_SCRATCHPAD, try Memory(scratchpad, working.bytes.baseAddress, self)),
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
        throw CheckpointError(
          .missingOperand, name: key,
          "the state dict has no tensor of this name, which \(name) needs",
          advice: "is the checkpoint one of this model?")
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
        advice: "use the reference engine (--engine reference), or convert with --cast float32")
    }
  }

  extension [Float] {
    func requireFinite() throws(CheckpointError) {
      guard let place = firstIndex(where: { !$0.isFinite }) else { return }
      throw CheckpointError(
        .notFinite, "element \(place) is \(self[place]), which the oneDNN engine may lose",
        advice: "use the reference engine (--engine reference)")
    }
  }
#endif

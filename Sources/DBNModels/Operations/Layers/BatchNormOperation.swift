package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...]. The module's tensors are found by its name.
  public static func batchNorm(_ attributes: BatchNormAttributes) -> Operation {
    Operation(attributes)
  }

  /// The BatchNorm's attributes; nil for every other operation.
  public var batchNorm: BatchNormAttributes? { definition as? BatchNormAttributes }

  /// A BatchNorm of a model, which may be in any layout.
  public struct BatchNormAttributes: GraphOperation {
    /// The module's name in the state dict: `layer1.0.bn1`.
    public var module: String
    /// The attributes that don't follow from its tensors.
    public var norm: NormModule
    /// The mode in which a program was exported with it; nil if it is of no program, or has no
    /// running statistics and so does the same in both modes.
    public var exportedMode: ExecutionMode?
    /// Whether it applies its module's weight and bias; otherwise the graph applies other tensors
    /// to its output.
    public var appliesAffine = true
    /// The buffers that training leaves as they are, in a program that does not update them: the
    /// running statistics at a step of gradient accumulation other than the first, or a counter.
    package var keptBuffers: Set<BatchNormQuantity> = []

    /// Makes the BatchNorm of the module with this name.
    public init(module: String, _ norm: NormModule, exportedMode: ExecutionMode? = nil) {
      self.module = module
      self.norm = norm
      self.exportedMode = exportedMode
    }

    package static var names: [String] { ["batchNorm"] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      guard input.count >= 2 else { throw .shape("an input \(input) has no channels") }
      return (Operation(self), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      throw CheckpointError(.unsupportedOperation, "a BatchNorm cannot run without its module")
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let names = [
        "batch_norm", "native_batch_norm", "_native_batch_norm_legit",
        "_native_batch_norm_legit_functional", "_native_batch_norm_legit_no_training",
        "_batch_norm_with_update", "_batch_norm_with_update_functional", "_batch_norm_no_update",
        BatchNormCall.distributedOperation,
      ]
      return GraphImporter.handlers(names) { importer, call throws(CheckpointError) in
        try importer.batchNorm(&call)
      }
    }
  }
}

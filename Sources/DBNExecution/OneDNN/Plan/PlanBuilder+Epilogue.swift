import DBNCOneDNN
import DBNModels
import DBNTensors

/// An epilogue in oneDNN's terms.
struct PostOperations {
  private(set) var operations: [PostOperation] = []
  private var operands: [(index: Int32, layout: Layout, operand: Operand)] = []
  /// The value that is added to, and so is in the target beforehand.
  private(set) var sum: PlannedValue?

  private enum Operand {
    case constant(Buffer)
    case value(PlannedValue)
  }

  private mutating func append(
    _ algorithm: conednn_alg_kind_t, _ layout: Layout, _ operand: Operand
  ) {
    let index = conednn_binary_argument(Int32(operations.count))
    operands.append((index, layout, operand))
    operations.append(.binary(algorithm, layout))
  }

  mutating func append(_ eltwises: [Eltwise]) {
    operations += eltwises.map { .eltwise($0) }
  }

  mutating func append(_ scaleShift: ScaleShift) {
    append(conednn_binary_mul, scaleShift.layout, .constant(scaleShift.scale))
    appendShift(of: scaleShift)
  }

  mutating func appendShift(of scaleShift: ScaleShift) {
    append(conednn_binary_add, scaleShift.layout, .constant(scaleShift.shift))
  }

  mutating func append(adding value: PlannedValue, in layout: Layout) {
    append(conednn_binary_add, layout, .value(value))
  }

  /// - Returns: false if there is a sum already: a target can't hold two.
  mutating func append(sumWith value: PlannedValue) -> Bool {
    guard sum == nil else { return false }
    operations.append(.sum)
    sum = value
    return true
  }

  /// The operands of the binary operations, in their layouts.
  func arguments(_ builder: inout PlanBuilder) throws(CheckpointError) -> [Draft.Argument] {
    try operands.map { index, layout, operand throws(CheckpointError) in
      switch operand {
      case .constant(let buffer): Draft.Argument(index, layout, .constant(buffer))
      case .value(let value): Draft.Argument(index, try builder.reordered(value, to: layout))
      }
    }
  }
}

extension PlanBuilder {
  /// The epilogue as post-operations; nil if there are too many sums.
  ///
  /// - Parameters:
  ///   - addends: the layout of values that are added; nil if the addend is in the target
  ///     beforehand, which fewer kernels support but takes less memory.
  ///   - first: post-operations to apply before.
  mutating func postOperations(
    _ epilogue: [Epilogue], rank: Int, addends: Layout? = nil,
    after first: PostOperations = PostOperations()
  ) throws(CheckpointError) -> PostOperations? {
    var result = first
    for step in epilogue {
      switch step {
      case .batchNorm(let attributes):
        result.append(try scaleShift(attributes.module, row: 0, rank: rank))
      case .eltwise(let eltwises): result.append(eltwises)
      case .add(let name):
        let value = try value(name)
        if let addends {
          result.append(adding: value, in: addends)
        } else if !result.append(sumWith: value) {
          return nil
        }
      }
    }
    return result
  }

  /// The target of a kernel: the addend's memory, if there is a sum, else a new slot.
  mutating func target(
    _ layout: Layout, sum: PlannedValue?
  ) throws(CheckpointError) -> PlannedValue {
    guard let sum else { return makeValue(layout) }
    if sum.layout.isEqual(to: layout), isLastUse(sum) { return sum }
    return try copied(sum, to: layout)
  }

  /// Adds the steps of an epilogue as separate kernels.
  mutating func add(
    _ epilogue: [Epilogue], to value: PlannedValue
  ) throws(CheckpointError) -> PlannedValue {
    var value = value
    for step in epilogue {
      switch step {
      case .batchNorm(let attributes):
        value = try addBatchNorm(attributes, value, [], isFresh: true)
      case .eltwise(let eltwises): value = try add(eltwises, to: value, isFresh: true)
      case .add(let name):
        let other = try reordered(try self.value(name), to: value.layout)
        value = try addBinary(conednn_binary_add, value, other, to: value.shape, isFresh: true)
      }
    }
    return value
  }

  /// - Parameter isFresh: whether nothing else uses the value.
  mutating func add(
    _ eltwises: [Eltwise], to value: PlannedValue, isFresh: Bool = false
  ) throws(CheckpointError) -> PlannedValue {
    let target = isFresh || isLastUse(value) ? value : makeValue(value.layout)
    var source = value
    for eltwise in eltwises {
      guard let kernel = try Kernel.eltwise(eltwise, value.layout, processor) else {
        throw CheckpointError(.engineFailed, "oneDNN has no such element-wise function")
      }
      try add(kernel, [.init(CONEDNN_ARG_SRC, source), .init(CONEDNN_ARG_DST, target)])
      source = target
    }
    return target
  }
}

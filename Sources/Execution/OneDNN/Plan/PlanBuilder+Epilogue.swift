#if OneDNN
  import COneDNN
  import Tensors

  /// An epilogue as oneDNN takes it.
  struct PostOperations {
    var operations: [PostOperation] = []
    /// The operands of binary ones.
    var arguments: [Draft.Argument] = []
    /// The value that is added to, and so the target.
    var sum: PlannedValue?

    mutating func append(_ algorithm: dnnl_alg_kind_t, _ layout: Layout, _ buffer: Buffer) {
      let index = DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * Int32(operations.count + 1)
      operations.append(.binary(algorithm, layout))
      arguments.append(.init(index | DNNL_ARG_SRC_1, layout, .constant(buffer)))
    }

    mutating func append(_ scaleShift: ScaleShift) {
      append(dnnl_binary_mul, scaleShift.layout, scaleShift.scale)
      append(dnnl_binary_add, scaleShift.layout, scaleShift.shift)
    }
  }

  extension PlanBuilder {
    /// The epilogue as post-operations; nil if there are two sums, which one target can't hold.
    ///
    /// - Parameter first: what is done before.
    mutating func postOperations(
      _ epilogue: [Epilogue], rank: Int, after first: PostOperations = PostOperations()
    ) throws(CheckpointError) -> PostOperations? {
      var result = first
      for step in epilogue {
        switch step {
        case .batchNorm(let module):
          result.append(try scaleShift(module, row: 0, rank: rank))
        case .eltwise(let eltwises): result.operations += eltwises.map { .eltwise($0) }
        case .add(let name):
          guard result.sum == nil else { return nil }
          result.operations.append(.sum)
          result.sum = try value(name)
        }
      }
      return result
    }

    /// Where a kernel writes: over what it adds to, if there is a sum, else anew.
    mutating func target(
      _ layout: Layout, sum: PlannedValue?
    ) throws(CheckpointError) -> PlannedValue {
      guard let sum else { return makeValue(layout) }
      if sum.layout.isEqual(to: layout), isLastUse(sum) { return sum }
      return try copied(sum, to: layout)
    }

    /// The steps of an epilogue by themselves.
    mutating func add(
      _ epilogue: [Epilogue], to value: PlannedValue
    ) throws(CheckpointError) -> PlannedValue {
      var value = value
      for step in epilogue {
        switch step {
        case .batchNorm(let module): value = try addBatchNorm(module, value, [], isFresh: true)
        case .eltwise(let eltwises): value = try add(eltwises, to: value, isFresh: true)
        case .add(let name):
          let other = try reordered(try self.value(name), to: value.layout)
          value = try addBinary(dnnl_binary_add, value, other, to: value.shape, isFresh: true)
        }
      }
      return value
    }

    /// - Parameter isFresh: nobody else needs the value.
    mutating func add(
      _ eltwises: [Eltwise], to value: PlannedValue, isFresh: Bool = false
    ) throws(CheckpointError) -> PlannedValue {
      let target = isFresh || isLastUse(value) ? value : makeValue(value.layout)
      var source = value
      for eltwise in eltwises {
        guard let kernel = try Kernel.eltwise(eltwise, value.layout, processor) else {
          throw CheckpointError(.engineFailed, "oneDNN has no such element-wise function")
        }
        try add(kernel, [.init(DNNL_ARG_SRC, source), .init(DNNL_ARG_DST, target)])
        source = target
      }
      return target
    }
  }
#endif

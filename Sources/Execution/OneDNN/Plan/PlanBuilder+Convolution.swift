#if OneDNN
  import COneDNN
  import Models
  import Tensors

  extension PlanBuilder {
    /// A convolution with its epilogue; nil if oneDNN has none.
    mutating func addConvolution(
      _ unit: Unit, _ attributes: Operation.Convolution, _ input: PlannedValue, _ shape: [Int]
    ) throws(CheckpointError) -> PlannedValue? {
      guard
        var filters = try ConvolutionFilters(
          unit.primary, attributes, weights, blockSize: Processor.blockSize)
      else { return nil }
      var epilogue = unit.epilogue
      if purpose.foldsBatchNorm, case .batchNorm(let module)? = epilogue.first,
        let batchNorm = batchNorms[module]
      {
        filters.fold(batchNorm, named: module)
        epilogue.removeFirst()
      }
      if let operations = try postOperations(epilogue, rank: shape.count),
        let kernel = try kernel(filters, input.layout, shape, operations.operations),
        !kernel.isSimple
      {
        return try add(kernel, filters, input, shape, operations)
      }
      guard let kernel = try kernel(filters, input.layout, shape, []) else { return nil }
      return try add(epilogue, to: add(kernel, filters, input, shape, PostOperations()))
    }

    /// The best kernel: of those for blocked layouts, if it is one that is written for them, else
    /// what oneDNN chooses.
    private func kernel(
      _ filters: ConvolutionFilters, _ input: Layout, _ shape: [Int],
      _ operations: [PostOperation]
    ) throws(CheckpointError) -> Kernel? {
      let blocked = Layout.Kind.blocked(Processor.blockSize)
      let fewChannels = input.shape[1] < Processor.blockSize
      let candidates: [(source: Layout.Kind, target: Layout.Kind)] = [
        (fewChannels ? .plain : blocked, blocked), (.any, .any),
      ]
      var simple: Kernel?
      for candidate in candidates {
        let kernel = try Kernel.convolution(
          filters.attributes, source: try Layout(candidate.source, input.shape),
          weights: try Layout(.any, filters.shape), bias: try filters.biasLayout(),
          target: try Layout(candidate.target, shape), operations, processor)
        guard let kernel else { continue }
        if !kernel.isSimple { return kernel }
        simple = simple ?? kernel
      }
      return simple
    }

    private mutating func add(
      _ kernel: Kernel, _ filters: ConvolutionFilters, _ input: PlannedValue, _ shape: [Int],
      _ operations: PostOperations
    ) throws(CheckpointError) -> PlannedValue {
      let source = try reordered(input, to: kernel.layout(.source, input.shape))
      let target = try target(kernel.layout(.target, shape), sum: operations.sum)
      let layout = try kernel.layout(.weights, filters.shape)
      var arguments: [Draft.Argument] = [
        .init(DNNL_ARG_SRC, source), .init(DNNL_ARG_DST, target),
        .init(DNNL_ARG_WEIGHTS, layout, .constant(try filters.weights(as: layout, weights))),
      ]
      if let bias = try filters.biasLayout() {
        arguments.append(.init(DNNL_ARG_BIAS, bias, .constant(try filters.bias(weights))))
      }
      try add(kernel, arguments + operations.arguments)
      return target
    }
  }
#endif

public import DBNTensors

extension Operation {
  /// Operand: a tensor, whose numbers become those of a bool or integer type.
  public static func convert(to type: ScalarType) -> Operation { Operation(Convert(type: type)) }

  /// `torch.Tensor.to` with bool or an integer type. Between types of floats nothing is converted:
  /// an engine computes in its own type.
  package struct Convert: GraphOperation {
    let type: ScalarType

    package static var names: [String] { ["convert"] }

    init(type: ScalarType) {
      self.type = type
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      type = try reader.integralType("type")
    }

    package var attributes: [JSON.Member] { [.init("type", .string(type.rawValue))] }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).mapped(type.integer(of:))]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "_to_copy": { importer, call throws(CheckpointError) in
          try importer.converted(&call, isCopy: true)
        },
        "to": { importer, call throws(CheckpointError) in
          try importer.converted(&call, isCopy: call.bool("copy", default: false))
        },
        "type_as": { importer, call throws(CheckpointError) in
          try importer.converted(&call, isCopy: false)
        },
      ]
    }
  }
}

extension Operation {
  /// What a conversion between these types does to numbers; nil if it changes none.
  static func conversion(from source: ScalarType?, to target: ScalarType?) -> Operation? {
    guard let target, target.isIntegral, source != target, source != .bool else { return nil }
    return .convert(to: target)
  }
}

extension GraphImporter {
  fileprivate mutating func converted(
    _ call: inout ProgramCall, isCopy: Bool
  ) throws(CheckpointError) -> [Result] {
    call.ignoreTensorOptions()
    call.ignore("non_blocking", "copy", "other")
    let name = try call.tensor()
    let (before, after) = (try meta(name).type, try outputMeta(of: call).type)
    if let conversion = Operation.conversion(from: before, to: after) {
      return try result(conversion, of: name, call)
    }
    return isCopy ? try result(.identity, of: name, call) : try sameUnlessMoved(&call)
  }

  /// Operations whose results can have bits that a type of integers does not have.
  private static let overflowing: Set<String> = [
    "add", "sub", "rsub", "mul", "square", "pow", "neg", "abs", "cumsum", "cumprod",
    "bitwise_left_shift", "__lshift__", "addcmul",
  ]

  /// The results of a call, without the bits that their type does not have.
  mutating func wrapped(
    _ results: [Result], _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    guard Self.overflowing.contains(call.operation), results.count == 1,
      case .new(let operand) = results[0], let type = try outputMeta(of: call).type,
      type.isIntegral, type != .bool, type.byteCount < 8
    else { return results }
    return [.new(try single(.convert(to: type), [operand], call.node.name + ".wrapped"))]
  }
}

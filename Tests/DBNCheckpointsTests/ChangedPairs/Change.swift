import DBNBatchNorm
import DBNTensors
import DBNTestSupport

/// One thing that is different in a second checkpoint.
struct Change: CustomStringConvertible {
  /// A number of a tensor that became another, where the change is no more than that.
  struct Number {
    let before: Double
    let after: Double
  }

  let description: String
  let stateDict: StateDict
  let number: Number?

  /// Every kind of change of every entry of a state dict, at places that the generator chooses.
  static func all(of stateDict: StateDict, using random: inout SeededGenerator) throws -> [Change] {
    var changes: [Change] = []
    for (name, tensor) in stateDict.tensors {
      changes += try numbers(of: name, tensor, in: stateDict, using: &random)
      changes += try shapes(of: name, tensor, in: stateDict)
      changes.append(Change("\(name) removed", stateDict.without(name)))
      changes.append(Change("\(name) renamed", stateDict.renaming(name, to: name + "_")))
    }
    var more = stateDict
    more["added"] = try .float32([1])
    changes.append(Change("a tensor added", more))
    return changes
  }

  private init(_ description: String, _ stateDict: StateDict, _ number: Number? = nil) {
    self.description = description
    self.stateDict = stateDict
    self.number = number
  }

  /// One bit of one element, small and large steps of one, and what is no number.
  private static func numbers(
    of name: String, _ tensor: Tensor, in stateDict: StateDict,
    using random: inout SeededGenerator
  ) throws -> [Change] {
    let values = try tensor.doubles()
    guard let index = values.indices.randomElement(using: &random) else { return [] }
    let bytes = try tensor.storage.withBytes { $0.withUnsafeBytes { Array($0) } }
    var flipped = bytes
    let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
    flipped[bit / 8] ^= 1 << UInt8(bit % 8)
    var changes = [
      Change(
        "\(name): bit \(bit)",
        stateDict.replacing(
          name,
          try Tensor(
            tensor.scalarType, shape: tensor.shape, storage: TensorStorage(ByteRegion(flipped)))))
    ]
    let isInteger = tensor.scalarType == .int64
    let steps: [Double] = isInteger ? [1, 1000] : [1e-4, 0.4, 100, -.infinity, .nan]
    for step in steps {
      var changed = values
      changed[index] += step
      let new =
        try isInteger
        ? Tensor(changed.map { Int($0) }, shape: tensor.shape) : .float32(changed, tensor.shape)
      let after = try new.doubles()[index]
      changes.append(
        Change(
          "\(name)[\(index)] \(values[index]) to \(after)", stateDict.replacing(name, new),
          Number(before: values[index], after: after)))
    }
    return changes
  }

  private static func shapes(
    of name: String, _ tensor: Tensor, in stateDict: StateDict
  ) throws -> [Change] {
    let values = try tensor.doubles()
    let wide = try Tensor(rounding: values, to: .float64, shape: tensor.shape)
    let flat = try Tensor(
      tensor.scalarType, shape: [1, values.count], storage: tensor.storage)
    return [
      Change("\(name): another type", stateDict.replacing(name, wide)),
      Change("\(name): another shape", stateDict.replacing(name, flat)),
    ]
  }
}

extension StateDict {
  fileprivate func replacing(_ name: String, _ tensor: Tensor) -> StateDict {
    var result = self
    result[name] = tensor
    return result
  }

  fileprivate func without(_ name: String) -> StateDict {
    var result = StateDict()
    for (other, tensor) in tensors where other != name { result[other] = tensor }
    return result
  }

  fileprivate func renaming(_ name: String, to new: String) -> StateDict {
    var result = StateDict()
    for (other, tensor) in tensors { result[other == name ? new : other] = tensor }
    return result
  }
}

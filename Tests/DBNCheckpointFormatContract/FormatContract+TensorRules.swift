import DBNTensors
import Testing

extension FormatContract {
  static let tensorRules: [Rule] = [
    Rule("every bit of every scalar type survives") { contract in
      for type in ScalarType.allCases {
        try contract.expectSurvival(mapping([(.string("a"), .tensor(try bitPatterns(type)))]))
      }
    },
    Rule("shapes without dimensions, with zeros and with many dimensions survive") { contract in
      for type in ScalarType.allCases {
        for shape in [[], [0], [3, 0, 2], [1], [2, 3, 4], Array(repeating: 1, count: 32)] {
          let tensor = try makeTensor(type, shape)
          try contract.expectSurvival(mapping([(.string("a"), .tensor(tensor))]))
        }
      }
    },
    Rule("names keep their order") { contract in
      let names = (0..<500).map { "layer.\(($0 * 7919) % 500).weight" } + ["Z", "a"]
      try contract.expectSurvival(.dictionary(try stateDict(names)))
    },
    Rule("odd names survive") { contract in
      try contract.expectSurvival(.dictionary(try stateDict(oddNames)))
      let nested = try stateDict(oddNames)
      try contract.expectSurvival(
        mapping(
          (oddNames + ["state_dict"]).map { (.string($0), .dictionary(nested)) }, .orderedDict))
    },
    Rule("a name of 70000 characters survives") { contract in
      let name = String(repeating: "k", count: 70_000)
      try contract.expectSurvival(.dictionary(try stateDict(["a", name])))
    },
    Rule("ties survive, and equal tensors stay separate") { contract in
      let shared = try makeTensor()
      let flat = try Tensor(.float32, shape: [6], storage: shared.storage)
      let tensors = [shared, try makeTensor(), shared, flat].map { CheckpointValue.tensor($0) }
      try contract.expectSurvival(
        mapping([
          (.string("z"), tensors[0]), (.string("a"), tensors[1]), (.string("b"), tensors[2]),
          (.string("flat"), tensors[3]), (.string("flat again"), tensors[3]),
          (.string("nested"), .list(tensors)),
        ]))
    },
    Rule("parameters, buffers and gradients survive, for tied tensors too") { contract in
      let plain = try makeTensor()
      var entries: [(CheckpointDictionary.Key, CheckpointValue)] = []
      for kind in [Tensor.Kind.parameter, .tensor, .buffer] {
        for requiresGrad in [true, false] {
          for tied in [true, false] {
            var tensor = tied ? plain : try makeTensor()
            tensor.kind = kind
            tensor.requiresGrad = requiresGrad
            let value = CheckpointValue.tensor(tensor)
            guard contract.holds(value) else { continue }
            entries.append((.string("\(kind) \(requiresGrad) \(tied)"), value))
          }
        }
      }
      try contract.expectSurvival(mapping(entries, .orderedDict))
    },
  ]
}

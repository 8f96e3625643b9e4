import DBNTensors
import DBNTestSupport
import Testing

extension FormatContract {
  static let valueRules: [Rule] = [
    Rule("every kind of value survives, anywhere in the tree") { contract in
      for value in values {
        try contract.expectSurvival(mapping([(.string("value"), value)]))
        try contract.expectSurvival(value)
        try contract.expectSurvival(.list([value, .tuple([value])]))
      }
    },
    Rule("tensors can be mixed with other values") { contract in
      let tensor = CheckpointValue.tensor(try makeTensor())
      try contract.expectSurvival(tensor)
      try contract.expectSurvival(.list([tensor, .tuple([.int(1), tensor])]))
      let state = mapping([(.int(0), tensor), (.string("0"), .tensor(try makeTensor(seed: 9)))])
      let optimizer = mapping([(.string("state"), state), (.string("lr"), .float(0.1))])
      try contract.expectSurvival(
        mapping([
          (.string("state_dict"), .dictionary(try stateDict(["w", "optimizer/state/0"]))),
          (.string("optimizer"), optimizer), (.string("epoch"), .int(90)),
        ]))
    },
    Rule("mappings of every kind keep their attributes") { contract in
      for kind in [CheckpointDictionary.Kind.dict, .orderedDict, .counter] {
        var inner = CheckpointDictionary(kind)
        inner.set(.string("$x"), to: .int(1))
        inner.attributes = [("deep", .list(values))]
        var outer = inner
        outer.attributes = [("inner", .dictionary(inner)), ("__metadata__", .none)]
        try contract.expectSurvival(.dictionary(outer))
        outer.attributes = [("__metadata__", mapping([(.string("author"), .string("é"))]))]
        outer.set(.int(-7), to: .float(0.5))
        try contract.expectSurvival(.dictionary(outer))
      }
    },
    Rule("integer and text keys that look alike stay different") { contract in
      let texts = oddNames + ["0", "1", "-1", "01", "+1", "9223372036854775808", "%31"]
      let ints: [CheckpointDictionary.Key] = [.int(1), .int(0), .int(-1), .int(.max), .int(.min)]
      let keys = ints + texts.map { .string($0) }
      try contract.expectSurvival(mapping(keys.enumerated().map { ($1, .int($0)) }))
    },
    Rule("trees of the maximum depth survive, deeper trees are refused") { contract in
      var value = CheckpointValue.tensor(try makeTensor())
      for _ in 0..<CheckpointLimits.depth { value = mapping([(.string("k"), value)], .orderedDict) }
      try contract.expectSurvival(value)
      let folder = try TemporaryFolder()
      let error = #expect(throws: CheckpointError.self) {
        try contract.write(Checkpoint(root: .list([value])), folder.file(contract.fileName))
      }
      #expect(
        error?.code
          == (contract.holdsCheckpoint(.list([value])) ? .limitExceeded : .cannotBeWritten))
    },
    Rule("epsilon and momentum of BatchNorms survive") { contract in
      let stateDict = CheckpointValue.dictionary(try stateDict(["bn1.weight"]))
      var settings = BatchNormSettingsTable()
      settings["bn1"] = .init(epsilon: 0.001, momentum: .exponential(0.01))
      settings["é.\"/"] = .init(epsilon: .leastNonzeroMagnitude)
      settings["e\u{301}.\"/"] = .init(momentum: .cumulative)
      settings[""] = .init(epsilon: 1, momentum: .exponential(0))
      settings["b.n"] = .init()
      try contract.expectSurvival(stateDict, settings: settings)
      try contract.expectSurvival(.list([stateDict, .int(1)]), settings: settings)
    },
    Rule("module versions and history survive") { contract in
      var stateDict = try stateDict(["bn1.weight"])
      let versions = ["", "bn1", "layer1.0"].map {
        (CheckpointDictionary.Key.string($0), mapping([(.string("version"), .int(2))]))
      }
      stateDict.attributes = [("_metadata", mapping(versions, .orderedDict))]
      let long = JSON.string(String(repeating: "é", count: 100_000))
      try contract.expectSurvival(
        .dictionary(stateDict), history: [["rule": "pooled", "keys": ["a", "b\u{0}"]], long])
    },
  ]
}

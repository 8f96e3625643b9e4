import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors
import DBNVerification

extension VerificationResult {
  /// The document of `verify --json`.
  var json: JSON {
    [
      "equal": .bool(isEqual), "bit_identical": .bool(isBitIdentical),
      "max_abs": .double(maxAbsolute), "max_rel": .double(maxRelative), "max_ulp": .int(maxULP),
      "rel_error": .double(relativeError), "cosine": .double(cosineSimilarity),
      "snr_db": .double(signalToNoise),
      "mode": .string(mode.text),
      "model": model.map { .string($0) } ?? .null, "samples": .int(samples),
      "engine": .string(engine.rawValue),
      "seed": inputs.seed.map { .int(Int(clamping: $0)) } ?? .null,
      "atol": .double(tolerance.absolute), "rtol": .double(tolerance.relative),
      "first_divergence": firstDivergence.flatMap(\.json) ?? .null,
      "layers": .array(
        layers.map { layer in
          .object(
            [
              .init("name", .string(layer.name)),
              .init("max_abs", .double(layer.outputs.maxAbsolute)),
              .init("max_rel", .double(layer.outputs.maxRelative)),
              .init("max_ulp", .int(layer.outputs.maxULP)),
              .init("state_max_abs", .double(layer.state.maxAbsolute)),
            ] + layer.outputs.errorMembers)
        }),
      "other_tensors": [
        "compared": .int(otherTensors), "max_abs": .double(otherMaxAbsolute),
        "different": items(differentTensors, "why"),
      ],
      "other_differences": items(otherDifferences, "why"),
      "compared": .array(
        scope.pairs.map { ["a": .string("\($0.a)"), "b": .string("\($0.b)")] }),
      "not_compared": [
        "a": items(scope.onlyInFirst + scope.restOfFirst, "what"),
        "b": items(scope.onlyInSecond + scope.restOfSecond, "what"),
      ],
      "notes": .array(notes.map { .string($0.inCommandWords) }),
      "implied": .array(impliedTensors.map { .string($0) }),
      "one_sided_settings": .array(oneSidedSettings.map { .string($0) }),
      "health": ["a": healthOfFirst.json, "b": healthOfSecond.json],
    ]
  }

  private func items(_ items: [ConversionReport.Item], _ reason: String) -> JSON {
    .array(
      items.map { .object([.init("name", .string($0.name)), .init(reason, .string($0.reason))]) })
  }
}

extension NumberComparison {
  /// The measures of all differences together.
  var errorMembers: [JSON.Member] {
    [
      .init("rel_error", .double(relativeError)), .init("cosine", .double(cosineSimilarity)),
      .init("snr_db", .double(signalToNoise)),
    ]
  }
}

extension VerificationResult.Layer {
  fileprivate var json: JSON? {
    divergence.map { divergence in
      [
        "name": .string(name), "quantity": .string(divergence.quantity),
        "device": divergence.device.map { .int($0) } ?? .null,
        "index": .array(divergence.index.map { .int($0) }), "a": .double(divergence.a),
        "b": .double(divergence.b),
      ]
    }
  }
}

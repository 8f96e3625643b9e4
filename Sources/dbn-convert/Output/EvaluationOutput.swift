import DBNConversions
import DBNReports
import DBNTensors
import DBNVerification

/// The output of `eval`.
struct EvaluationOutput {
  let model: String
  let data: String
  let samples: SampleData
  let batch: Int
  /// The file of each result.
  let weights: [String]
  let results: [Evaluation.Result]
  let listsClasses: Bool

  var json: JSON {
    [
      "model": .string(model), "data": .string(data), "batch": .int(batch),
      "scaling": samples.scaling.json,
      "results": .array(zip(weights, results).map(json)),
    ]
  }

  private func json(_ weights: String, _ result: Evaluation.Result) -> JSON {
    let classification = result.classification
    return .object(
      [.init("weights", .string(weights))] + members(of: classification.total) + [
        .init("undefined", .int(classification.undefined)),
        .init("seconds", .double(result.seconds)),
        .init(
          "slices",
          .array(
            result.sliceRules.map { rule in
              [
                "layout": .string("\(rule.layout)"), "world_size": .int(rule.worldSize),
                "samples_per_device": .int(rule.samplesPerDevice(of: batch)),
              ]
            })),
      ]
        + (listsClasses
          ? [.init("classes", .array(classification.classes.map { .object(members(of: $0)) }))]
          : []))
  }

  private func members(of tally: Classification.Tally) -> [JSON.Member] {
    let isEmpty = tally.samples == 0
    return [
      .init("samples", .int(tally.samples)),
      .init("top1", isEmpty ? .null : .double(tally.top1Accuracy)),
      .init("top5", isEmpty ? .null : .double(tally.top5Accuracy)),
      .init("top1_interval", tally.top1Interval.json),
      .init("top5_interval", tally.top5Interval.json),
      .init("loss", isEmpty ? .null : .double(tally.loss)),
      .init("correct", .int(tally.top1)),
    ]
  }

  /// The page about the results.
  ///
  /// - Parameter files: the files that were read, each with its role.
  func page(files: [(role: String, file: ReportedFile)]) -> Report {
    let sliceNotes = slices.map { ("Devices", $0) }
    return Report(
      zip(weights, results).map { (name: $0, result: $1) },
      summary: [
        ("Model", model), ("Data", "\(data), \(counted(samples.count, "sample"))\(sampleSize)"),
        ("Inputs", samples.scaling.text), ("Batch", batches),
      ] + sliceNotes, listsClasses: listsClasses, files: files)
  }

  /// The shape of one sample.
  private var sampleSize: String {
    let sizes = samples.inputs.shape.dropFirst().map { "\($0)" }
    return sizes.isEmpty ? "" : " of \(sizes.joined(separator: " × "))"
  }

  private var batches: String {
    let remainder = samples.count % batch
    let last = remainder == 0 || samples.count < batch ? "" : ", the last of \(remainder)"
    return "\(min(batch, samples.count))\(last)"
  }

  /// The result for people.
  var lines: [String] {
    let header =
      "\(model) on \(data): \(counted(samples.count, "sample")), "
      + "inputs \(samples.scaling.text), batches of \(batches)"
    return [header] + table.lines + slices + undefined + (listsClasses ? classTables : [])
  }

  private var table: TextTable {
    TextTable(
      ["weights", "top-1", "", "top-5", "loss", "samples/s"],
      zip(weights, results).map { weights, result in
        let total = result.classification.total
        let speed = Double(total.samples) / max(result.seconds, 1e-9)
        return [
          weights.visible(limit: 60), percent(total.top1Accuracy),
          "\(total.top1) of \(total.samples)", percent(total.top5Accuracy),
          total.loss.rounded(digits: 4), "\(Int(speed))",
        ]
      })
  }

  private var classTables: [String] {
    zip(weights, results).flatMap { weights, result in
      let table = TextTable(
        ["class", "samples", "top-1", "top-5", "loss"],
        result.classification.classes.enumerated().map { index, tally in
          [
            "\(index)", "\(tally.samples)", percent(tally.top1Accuracy),
            percent(tally.top5Accuracy), tally.loss.rounded(digits: 4),
          ]
        })
      return ["", "\(weights.visible()) by class"] + table.lines
    }
  }

  /// How distributed checkpoints were evaluated.
  private var slices: [String] {
    zip(weights, results).flatMap { weights, result in
      result.sliceRules.map { "\(weights.visible()): \($0.text(batch, of: samples.count))" }
    }
  }

  private var undefined: [String] {
    zip(weights, results).compactMap { weights, result in
      let count = result.classification.undefined
      return count == 0
        ? nil
        : "\(weights.visible()): the outputs of \(counted(count, "sample")) are NaN and count as wrong"
    }
  }

  private func percent(_ share: Double) -> String {
    share.isNaN ? "-" : "\((share * 100).rounded(digits: 2)) %"
  }
}

extension SliceRule {
  fileprivate func text(_ batch: Int, of samples: Int) -> String {
    let batch = min(batch, samples)
    var text =
      "\(layout), \(worldSize) devices: each normalises its slice of the batch, "
      + "\(counted(samplesPerDevice(of: batch), "sample")), with its own statistics"
    let last = samples % batch
    if last > 0 {
      text += "; of the last batch, \(counted(samplesPerDevice(of: last), "sample"))"
      let idle = idleDevices(of: last)
      if idle > 0 { text += ", and \(counted(idle, "device")) none" }
    }
    return text + "; the results depend on --batch"
  }
}

extension ClosedRange<Double>? {
  fileprivate var json: JSON {
    map { .array([.double($0.lowerBound), .double($0.upperBound)]) } ?? .null
  }
}

import DBNModels
import DBNTensors

/// The factor and the addend of each channel for a BatchNorm in evaluation.
struct ScaleShift {
  let scale: Buffer
  let shift: Buffer
  /// The layout of both: [1, C, 1, ...].
  let layout: Layout

  /// - Throws: `notFinite`.
  init(
    _ module: BatchNormModule, row: Int, _ layout: Layout, _ processor: Processor
  ) throws(CheckpointError) {
    let (scales, shifts) = try module.scaleShift(row: row)
    let plain = try Layout(.plain, layout.shape)
    scale = try processor.constant(scales.map { Float($0) }, from: plain, as: layout)
    shift = try processor.constant(shifts.map { Float($0) }, from: plain, as: layout)
    self.layout = layout
  }
}

extension BatchNormModule {
  /// The factor and the addend of each channel, computed in Float64.
  ///
  /// - Throws: `notFinite` if a variance is negative, or a number NaN or infinite: kernels may
  ///   drop a NaN before it reaches the outputs.
  func scaleShift(row: Int) throws(CheckpointError) -> (scales: [Double], shifts: [Double]) {
    let scales = (0..<features).map {
      (weight?[$0] ?? 1) / (rows[row].variance[$0] + norm.eps).squareRoot()
    }
    let shifts = (0..<features).map {
      (bias?[$0] ?? 0) - rows[row].mean[$0] * scales[$0]
    }
    for feature in 0..<features {
      if Float(scales[feature]).isFinite, Float(shifts[feature]).isFinite { continue }
      let (mean, variance) = (rows[row].mean[feature], rows[row].variance[feature])
      throw .notFinite(
        "the scale \(scales[feature]) or the shift \(shifts[feature]) of channel \(feature), "
          + "with mean \(mean) and variance \(variance), is not finite in float32")
    }
    return (scales, shifts)
  }

  /// - Throws: `notFinite` for a weight or bias.
  func requireFiniteParameters() throws(CheckpointError) {
    for (name, values) in [("weight", weight ?? []), ("bias", bias ?? [])] {
      guard let index = values.firstIndex(where: { !Float($0).isFinite }) else { continue }
      throw .notFinite("element \(index) of its \(name) is \(values[index])")
    }
  }
}

extension CheckpointError {
  static func notFinite(_ reason: String) -> CheckpointError {
    CheckpointError(
      .notFinite, "\(reason); the oneDNN engine may lose NaN and infinity",
      advice: "use the reference engine (\(.referenceEngine))")
  }
}

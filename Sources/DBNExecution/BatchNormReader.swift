package import DBNBatchNorm
package import DBNModels
package import DBNTensors

/// A BatchNorm in a state dict, of which any features can be made ready to run: BatchNorm treats them
/// independently, and of one that a small file claims to be huge they don't all fit in memory.
package struct BatchNormReader {
  package let norm: NormModule
  /// The rows of each quantity that evaluation uses: one of shared values, or one for each device.
  private let rows: [BatchNormQuantity: [Row]]

  /// One device's values of a quantity, or the shared ones, in a tensor that may hold others too.
  private struct Row {
    let key: String
    let tensor: NumberReader
    let index: Int

    func numbers(
      _ features: Range<Int>, of count: Int
    ) throws(CheckpointError) -> [Double] {
      let start = index * count
      do throws(CheckpointError) {
        return try tensor.numbers(start + features.lowerBound..<start + features.upperBound)
      } catch {
        throw error.with(name: key)
      }
    }
  }

  /// Opens a BatchNorm's tensors, without a model.
  package init(
    _ site: BatchNormSite, in stateDict: StateDict, options: BatchNormModule.Options
  ) throws(CheckpointError) {
    try self.init(
      NormModule(site, options), of: ModuleTensors(name: site.name, stateDict: stateDict))
  }

  /// - Parameter norm: a module whose layout and features are those of the tensors.
  init(_ norm: NormModule, of tensors: ModuleTensors) throws(CheckpointError) {
    self.norm = norm
    var rows: [BatchNormQuantity: [Row]] = [:]
    for quantity in BatchNormQuantity.allCases {
      for (last, range) in norm.layout.rowTensors(of: quantity, rowCount: norm.rowCount) {
        let key = tensors.key(last)
        guard let tensor = tensors.stateDict[key] else { continue }
        do throws(CheckpointError) {
          let reader = try NumberReader(tensor)
          rows[quantity, default: []] += range.indices.map { index in
            Row(key: key, tensor: reader, index: index - range.lowerBound)
          }
        } catch {
          throw error.with(name: key)
        }
      }
    }
    self.rows = rows
  }

  /// The module with all of its features, or some.
  ///
  /// - Throws: `unsupportedScalarType`, when the tensors are not real numbers.
  package func module(_ features: Range<Int>? = nil) throws(CheckpointError) -> BatchNormModule {
    let features = features ?? 0..<norm.numFeatures
    var part = norm
    part.numFeatures = features.count
    let rows = try (0..<norm.rowCount).map { row throws(CheckpointError) in
      BatchNormModule.Row(
        mean: try numbers(.runningMean, row, features) ?? [],
        variance: try numbers(.runningVar, row, features) ?? [],
        batchesTracked: try numbers(.numBatchesTracked, row, 0..<1)?.first ?? 0)
    }
    return BatchNormModule(
      part, weight: try numbers(.weight, 0, features), bias: try numbers(.bias, 0, features),
      rows: rows)
  }

  /// A device's values of a quantity; those of the last row, if there is one for all.
  private func numbers(
    _ quantity: BatchNormQuantity, _ row: Int, _ features: Range<Int>
  ) throws(CheckpointError) -> [Double]? {
    guard let rows = rows[quantity], let last = rows.last else { return nil }
    return try (row < rows.count ? rows[row] : last)
      .numbers(features, of: quantity.isCounter ? 1 : norm.numFeatures)
  }
}

extension NormModule {
  /// The module that a BatchNorm in a state dict is, with settings that its tensors don't have.
  package init(_ site: BatchNormSite, _ options: BatchNormModule.Options) {
    self.init(numFeatures: site.features)
    eps = options.eps
    momentum = options.momentum
    layout = site.layout
    worldSize = site.devicesThatRun
  }
}

extension BatchNormSite {
  /// The number of devices whose own running statistics evaluation uses; 1 if it uses shared ones.
  var devicesThatRun: Int { layout.evaluation == .shared ? 1 : worldSize }
}

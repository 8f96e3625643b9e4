import DBNExecution
import DBNModels
import DBNTensors

/// The samples in mini-batches, one after the other.
///
/// Memory holds one batch, whether the samples are stored as they are or deflated; of those in
/// compressed chunks of HDF5, the chunks that it lies in. Where the file has a checksum of the samples,
/// all are read for it, even if some are enough; else reading ends with the last batch.
struct SampleBatches {
  struct Batch {
    /// Which samples of all they are.
    let range: Range<Int>
    let input: DenseArray
    /// Empty if the samples have none.
    let labels: ArraySlice<Int>
  }

  private let data: SampleData
  private let batch: Int
  /// How many samples there are in all batches.
  let samples: Int

  /// - Parameters:
  ///   - batch: N, positive; the last batch may be shorter.
  ///   - batches: how many at most, positive; nil: all.
  init(_ data: SampleData, batch: Int, batches: Int? = nil) {
    self.data = data
    self.batch = min(batch, data.count)
    let (most, overflow) = batch.multipliedReportingOverflow(by: batches ?? .max)
    samples = overflow ? data.count : min(most, data.count)
  }

  /// How many batches there are.
  var count: Int { (samples + batch - 1) / batch }

  /// Hands out the batches in order.
  ///
  /// - Throws: `checksumMismatch` at the end, when the samples turn out to be damaged: what was done
  ///   with them is to be undone.
  func forEach(_ body: (Batch) throws(CheckpointError) -> Void) throws(CheckpointError) {
    let sampleByteCount = data.inputs.byteCount / data.count
    try data.inputs.storage.scanPrefix(
      samples * sampleByteCount, of: batch * sampleByteCount
    ) { start, bytes throws(CheckpointError) in
      let first = start / sampleByteCount
      let range = first..<first + bytes.byteCount / sampleByteCount
      try body(
        Batch(
          range: range, input: try input(bytes, count: range.count),
          labels: data.labels?[range] ?? []))
    }
  }

  private func input(_ bytes: RawSpan, count: Int) throws(CheckpointError) -> DenseArray {
    let stored = data.inputs
    let shape = [count] + stored.shape.dropFirst()
    let copy = ByteRegion(bytes.withUnsafeBytes { Array($0) })
    let tensor = try Tensor(stored.scalarType, shape: shape, storage: TensorStorage(copy))
    let values =
      stored.scalarType == .float64
      ? data.scaling.scaled(try tensor.array(of: Double.self), shape: shape)
      : data.scaling.scaled(try tensor.array(of: Float.self), shape: shape)
    return try DenseArray(shape: shape, values: values)
  }
}

import DBNExecution
import DBNModels
import DBNTensors

/// The samples in mini-batches, one after another.
///
/// Memory holds one batch, whether the samples are stored plainly or deflated; for compressed HDF5
/// chunks, the chunks that contain it. If the file has a checksum of the samples, all of them are
/// read to check it, even if fewer are needed; otherwise reading ends with the last batch.
struct SampleBatches {
  struct Batch {
    /// The samples' indices among all.
    let range: Range<Int>
    let input: DenseArray
    /// The labels; empty if the samples have none.
    let labels: ArraySlice<Int>
  }

  private let data: SampleData
  private let batch: Int
  /// The number of samples in all batches.
  let samples: Int

  /// - Parameters:
  ///   - batch: N, positive; the last batch may be shorter.
  ///   - batches: the largest number of batches, positive; nil for all.
  init(_ data: SampleData, batch: Int, batches: Int? = nil) {
    self.data = data
    self.batch = min(batch, data.count)
    let (most, overflow) = batch.multipliedReportingOverflow(by: batches ?? .max)
    samples = overflow ? data.count : min(most, data.count)
  }

  /// The number of batches.
  var count: Int { (samples + batch - 1) / batch }

  /// Calls a closure with each batch, in order.
  ///
  /// - Throws: `checksumMismatch` at the end, if the samples turn out to be damaged: then all
  ///   results must be discarded.
  func forEach(_ body: (Batch) throws(CheckpointError) -> Void) throws(CheckpointError) {
    let sampleByteCount = data.inputs.byteCount / data.count
    try data.inputs.storage.read(
      pieces: batch * sampleByteCount, upTo: samples * sampleByteCount
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

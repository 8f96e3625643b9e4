import Execution
import Tensors

/// The samples in mini-batches, one after the other.
///
/// Memory holds one batch: the pages of a mapped file are given back when a batch was read. Only
/// compressed samples are decompressed as a whole. A checksum that the file has is compared when all
/// samples were read.
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
  private let end: Int
  private let bytes: ByteRegion
  private let sampleByteCount: Int
  private var checksum = CRC32()
  private var position = 0

  /// - Parameters:
  ///   - batch: N, positive; the last batch may be shorter.
  ///   - batches: how many at most; nil: all.
  init(_ data: SampleData, batch: Int, batches: Int? = nil) throws(CheckpointError) {
    self.data = data
    self.batch = batch
    let (most, overflow) = batch.multipliedReportingOverflow(by: batches ?? .max)
    end = overflow ? data.count : min(most, data.count)
    bytes = try data.inputs.storage.unverifiedBytes()
    sampleByteCount = bytes.count / data.count
  }

  /// How many samples there are in all batches.
  var samples: Int { end }

  /// The numbers of samples in the batches: all alike, but the last.
  var sizes: [Int] {
    stride(from: 0, to: end, by: batch).map { min(batch, end - $0) }
  }

  /// The next batch; nil when all were given.
  ///
  /// - Throws: `checksumMismatch` instead of the last batch of damaged samples.
  mutating func next() throws(CheckpointError) -> Batch? {
    guard position < end else { return nil }
    let range = position..<min(position + batch, end)
    let part = try bytes.slice(
      from: range.lowerBound * sampleByteCount, count: range.count * sampleByteCount)
    if data.inputs.storage.hasChecksum {
      part.withBytes { checksum.update($0) }
      if range.upperBound == data.count { _ = try data.inputs.storage.accept(checksum.value) }
    }
    let input = try input(part, count: range.count)
    part.release()
    position = range.upperBound
    return Batch(range: range, input: input, labels: data.labels?[range] ?? [])
  }

  private func input(_ part: ByteRegion, count: Int) throws(CheckpointError) -> DenseArray {
    let stored = data.inputs
    let shape = [count] + stored.shape.dropFirst()
    let tensor = try Tensor(stored.scalarType, shape: shape, storage: TensorStorage(part))
    let values =
      stored.scalarType == .float64
      ? data.scaling.scaled(try tensor.array(of: Double.self), shape: shape)
      : data.scaling.scaled(try tensor.array(of: Float.self), shape: shape)
    return try DenseArray(shape: shape, values: values)
  }
}

import DBNTensors
import DBNTestSupport

/// Checkpoints of square float32 tensors that are large enough to be seen in a process's memory.
struct LargeFiles {
  let side: Int
  let count: Int

  var tensorByteCount: Int { side * side * MemoryLayout<Float>.size }

  /// Numbers that compress to about a half.
  private let content: [UInt8]

  init(side: Int, count: Int) {
    self.side = side
    self.count = count
    var state: UInt32 = 1
    content = (0..<side * side).flatMap { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return littleEndian((Float(state >> 20) / 0x1p12).bitPattern)
    }
  }

  /// A zip checkpoint of views with these strides; each of the rows but the first `skipped`.
  func checkpoint(strides: [Int], skipping skipped: Int = 0) -> Archive {
    let entries = (0..<count).map { number in
      (
        key: Pickle.text("layer\(number).weight"),
        value: Pickle.tensor(
          [side - skipped, side], stride: strides, offset: skipped * side,
          of: Pickle.storage("\(number)", count: side * side))
      )
    }
    let pickle =
      Pickle.emptyDict + Pickle.mark + entries.flatMap { $0.key + $0.value } + Pickle.setItems
    return Archive(
      [Archive.Record("archive/data.pkl", [0x80, 2] + pickle + [0x2E])]
        + (0..<count).map { .init("archive/data/\($0)", content) })
  }

  /// An archive of NumPy's.
  func arrays(
    type: String = "<f4", inFortranOrder: Bool = false, deflated: Bool = false
  ) -> Archive {
    let order = inFortranOrder ? "True" : "False"
    let text =
      "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (\(side), \(side)), }"
    let header =
      [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(text.utf8.count))
      + Array(text.utf8)
    let record = Archive.Record("weight.npy", header + content)
    return Archive(
      (0..<count).map { number in
        var record = deflated ? record.deflated : record
        record.name = Array("layer\(number).npy".utf8)
        return record
      })
  }
}

import DBNCOneDNN
import DBNModels

/// A step of a plan whose memory has not been laid out yet.
enum Draft {
  case kernel(Kernel, [Argument])
  case reference(Operation, [ReferenceOperand], targets: [PlannedValue])
  /// Gives all elements of a plain value one number.
  case fill(PlannedValue, Float)
  /// A BatchNorm that its module computes, in the given mode.
  case batchNorm(
    Operation.BatchNormAttributes, ExecutionMode, source: PlannedValue, target: PlannedValue)

  /// An operand of a primitive.
  struct Argument {
    /// `DNNL_ARG_SRC` and so on.
    let index: Int32
    let layout: Layout
    let place: Place

    init(_ index: Int32, _ layout: Layout, _ place: Place) {
      self.index = index
      self.layout = layout
      self.place = place
    }

    init(_ index: Int32, _ value: PlannedValue) {
      self.init(index, value.layout, .slot(value.slot))
    }
  }

  enum Place {
    /// In the memory shared by a plan's values, `offset` bytes after the slot's start.
    case slot(Int, offset: Int = 0)
    case constant(Buffer)
  }

  enum ReferenceOperand {
    case value(PlannedValue)
    case parameter(DenseArray)
    case none
  }

  /// The constant buffers that it reads.
  var constants: [Buffer] {
    guard case .kernel(_, let arguments) = self else { return [] }
    return arguments.compactMap {
      if case .constant(let buffer) = $0.place { buffer } else { nil }
    }
  }

  /// The slots that it reads or writes.
  var slots: [Int] {
    switch self {
    case .kernel(_, let arguments):
      arguments.compactMap { if case .slot(let slot, _) = $0.place { slot } else { nil } }
    case .reference(_, let operands, let targets):
      operands.compactMap { if case .value(let value) = $0 { value.slot } else { nil } }
        + targets.map(\.slot)
    case .fill(let target, _): [target.slot]
    case .batchNorm(_, _, let source, let target): [source.slot, target.slot]
    }
  }
}

/// The slot and the layout of a value.
struct PlannedValue {
  let slot: Int
  let layout: Layout

  var shape: [Int] { layout.shape }
}

/// The lifetime and size of each slot; several slots may use the same memory at different times.
struct Slots {
  private(set) var byteCounts: [Int] = []
  private var lifetimes: [ClosedRange<Int>?] = []

  mutating func add(_ layout: Layout) -> Int {
    byteCounts.append(layout.byteCount)
    lifetimes.append(nil)
    return byteCounts.count - 1
  }

  mutating func use(_ slot: Int, at step: Int) {
    let lifetime = lifetimes[slot] ?? step...step
    lifetimes[slot] = min(lifetime.lowerBound, step)...max(lifetime.upperBound, step)
  }

  /// The offset of each slot in one block of memory, and the block's size. Larger slots are
  /// placed first, each at the lowest offset that is free during its lifetime.
  func layOut() -> (offsets: [Int], byteCount: Int) {
    var offsets = byteCounts.map { _ in 0 }
    var placed: [Int] = []
    var end = 0
    for slot in byteCounts.indices.sorted(by: { byteCounts[$0] > byteCounts[$1] }) {
      guard let lifetime = lifetimes[slot] else { continue }
      let neighbours = placed.filter { lifetimes[$0]?.overlaps(lifetime) ?? false }
        .sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for other in neighbours {
        if offset + size(slot) <= offsets[other] { break }
        offset = max(offset, offsets[other] + size(other))
      }
      offsets[slot] = offset
      placed.append(slot)
      end = max(end, offset + size(slot))
    }
    return (offsets, end)
  }

  /// A slot's size in whole cache lines, plus one line for kernels that read whole vectors.
  private func size(_ slot: Int) -> Int { (byteCounts[slot] + 127) / 64 * 64 }
}

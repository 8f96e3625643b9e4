#if OneDNN
  import DBNCOneDNN
  import DBNModels

  /// A step of a plan whose memory has not been laid out yet.
  enum Draft {
    case kernel(Kernel, [Argument])
    case reference(Operation, [ReferenceOperand], targets: [PlannedValue])
    /// A BatchNorm that is given the batch's own statistics.
    case batchNorm(String, source: PlannedValue, target: PlannedValue)

    /// An operand of a primitive.
    struct Argument {
      /// `DNNL_ARG_SRC` and its like.
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
      /// In the memory that a plan's values share, so many bytes after the slot's start.
      case slot(Int, offset: Int = 0)
      case constant(Buffer)
    }

    enum ReferenceOperand {
      case value(PlannedValue)
      case parameter(DenseArray)
      case none
    }

    /// What it reads that is never written to.
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
      case .batchNorm(_, let source, let target): [source.slot, target.slot]
      }
    }
  }

  /// Where a value will be, and how it lies there.
  struct PlannedValue {
    let slot: Int
    let layout: Layout

    var shape: [Int] { layout.shape }
  }

  /// When each slot is used, and how much it holds; several slots may have the same memory at
  /// different times.
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

    /// Where each slot begins in one piece of memory, and the size of that. Large ones are placed
    /// first, each as low as what lives at the same time allows.
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

    /// In whole cache lines, with one more for kernels that read whole vectors.
    private func size(_ slot: Int) -> Int { (byteCounts[slot] + 127) / 64 * 64 }
  }
#endif

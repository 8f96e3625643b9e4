import DBNTensors

/// Finds tensors that are different views of the same bytes. In PyTorch a change of one also
/// changes the other; in a converted file they are independent.
struct TensorOverlaps {
  private struct Member {
    let name: String
    let view: TensorView
    let extent: Range<Int>
  }

  private var members: [String: [Member]] = [:]
  /// Records in the order in which they were found, so that the order of notes is deterministic.
  private var records: [String] = []

  /// Adds a tensor under its first name in the tree.
  mutating func add(_ view: TensorView, name: String) {
    guard let extent = view.reach else { return }
    if members[view.record, default: []].isEmpty { records.append(view.record) }
    members[view.record, default: []].append(Member(name: name, view: view, extent: extent))
  }

  /// One sentence for each storage with overlapping tensors.
  var notes: [Guidance] {
    records.compactMap { record in
      let names = Self.overlapping(members[record] ?? [])
      guard !names.isEmpty else { return nil }
      let shown = names.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
      let more = names.count > 3 ? " and \(names.count - 3) more" : ""
      return "\(shown)\(more) are overlapping views of one storage; they become separate tensors"
    }
  }

  /// The names of members whose bytes overlap another's, found by a sweep in order of offset: each
  /// member is compared with the earlier one that extends furthest.
  private static func overlapping(_ members: [Member]) -> [String] {
    // Most storages have one tensor.
    guard members.count > 1 else { return [] }
    var seen: Set<TensorView> = []
    let members = members.filter { !$0.extent.isEmpty && seen.insert($0.view).inserted }
    let footprints = members.map { Footprint($0.view, $0.extent) }
    let order = members.indices.sorted {
      members[$0].extent.lowerBound < members[$1].extent.lowerBound
    }
    var found: Set<Int> = []
    var furthest = order.first ?? 0
    for index in order.dropFirst() {
      if footprints[furthest].overlaps(footprints[index]) { found.formUnion([furthest, index]) }
      if members[index].extent.upperBound > members[furthest].extent.upperBound { furthest = index }
    }
    return found.sorted().map { members[$0].name }
  }
}

/// The bytes of a storage that a view covers: runs of equal length at multiples of some strides.
private struct Footprint {
  let extent: Range<Int>
  private let run: Int
  /// The greatest common divisor of the distances between runs; 0 if there is one run.
  private let period: Int

  init(_ view: TensorView, _ extent: Range<Int>) {
    var run = view.scalarType.byteCount
    var period = 0
    for (size, stride) in zip(view.size, view.stride).reversed() where size > 1 && stride > 0 {
      let distance = stride * view.scalarType.byteCount
      if distance == run {
        run *= size
      } else {
        period = gcd(period, distance)
      }
    }
    self.extent = extent
    self.run = run
    self.period = period
  }

  /// Whether the two may have a byte in common, judged by extents and periods. Columns of a matrix,
  /// or real and imaginary parts, interleave without having any.
  func overlaps(_ other: Footprint) -> Bool {
    guard extent.overlaps(other.extent) else { return false }
    let common = gcd(period, other.period)
    guard common > 0 else { return true }
    let distance = (other.extent.lowerBound - extent.lowerBound) % common
    let ahead = distance < 0 ? distance + common : distance
    return ahead < run || common - ahead < other.run
  }
}

private func gcd(_ first: Int, _ second: Int) -> Int {
  var (first, second) = (first, second)
  while second != 0 { (first, second) = (second, first % second) }
  return first
}

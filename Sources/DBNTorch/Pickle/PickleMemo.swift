import DBNTensors

/// The memo: values that a pickle stores by number. Only values that it recalls are kept.
///
/// PyTorch's pickler stores every value, eight for each tensor, and recalls hardly any.
struct PickleMemo {
  /// The numbers that are recalled, sorted; nil to keep all. In arrays, since a pickle can recall the
  /// names of very many tensors.
  private let recalled: [Int]?
  /// The values, by the index of their number.
  private var values: [PickleValue?]
  /// The values of a pickle whose recalled numbers are not known.
  private var all: [Int: PickleValue] = [:]
  /// The index after that of the last value kept: picklers count up.
  private var next = 0
  /// One above the highest number so far, which MEMOIZE uses next.
  private(set) var end = 0

  /// - Parameter pickle: bytes that start with the pickle; anything after its end is ignored.
  init(for pickle: ByteRegion) {
    recalled = Self.numbersRecalled(in: pickle)
    values = Array(repeating: nil, count: recalled?.count ?? 0)
  }

  subscript(number: Int) -> PickleValue? {
    guard let recalled else { return all[number] }
    return Self.index(of: number, in: recalled).flatMap { $0 < values.count ? values[$0] : nil }
  }

  /// - Returns: whether the value is kept.
  mutating func remember(_ value: PickleValue, at number: Int) -> Bool {
    end = max(end, number + 1)
    guard let recalled else {
      all[number] = value
      return true
    }
    guard let index = index(of: number, in: recalled), index < values.count else { return false }
    values[index] = value
    next = index + 1
    return true
  }

  mutating func removeAll() {
    values = []
    all = [:]
  }

  private func index(of number: Int, in recalled: [Int]) -> Int? {
    let isAfterLast = next == 0 || recalled[next - 1] < number
    if isAfterLast, next < recalled.count, recalled[next] >= number {
      return recalled[next] == number ? next : nil
    }
    return Self.index(of: number, in: recalled)
  }

  private static func index(of number: Int, in recalled: [Int]) -> Int? {
    var (low, high) = (0, recalled.count)
    while low < high {
      let middle = (low + high) / 2
      if recalled[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < recalled.count && recalled[low] == number ? low : nil
  }

  /// The numbers of all GET operations, sorted, each once; nil if the operations can't be followed to the end, in
  /// which case the machine will find the error.
  static func numbersRecalled(in pickle: ByteRegion) -> [Int]? {
    var reader = ByteReader(pickle)
    var numbers = Bitmap(limit: max(pickle.count, 1 << 16))
    let operations = PickleOperation.byNumber
    do throws(CheckpointError) {
      while true {
        guard let operation = operations[Int(try reader.read(UInt8.self))] else { return nil }
        switch operation {
        case .stop: return numbers.sorted
        case .binGet, .longBinGet:
          numbers.insert(try reader.readCount(of: operation))
          reader.releaseRead()
        case .get:
          guard let number = Int(String(decoding: try reader.readLine().array, as: UTF8.self))
          else { return nil }
          numbers.insert(number)
        default: try reader.skipArgument(of: operation)
        }
      }
    } catch {
      return nil
    }
  }
}

/// A set of small numbers, with a bit for each.
private struct Bitmap {
  private var words: [UInt64] = []
  private let limit: Int

  /// - Parameter limit: larger numbers are passed over: no value of a pickle can have a number beyond
  ///   the pickle's size.
  init(limit: Int) {
    self.limit = limit
  }

  mutating func insert(_ number: Int) {
    guard 0..<limit ~= number else { return }
    let word = number / 64
    if word >= words.count {
      words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
    }
    words[word] |= 1 << UInt64(number % 64)
  }

  var sorted: [Int] {
    var numbers: [Int] = []
    numbers.reserveCapacity(words.reduce(0) { $0 + $1.nonzeroBitCount })
    for (index, word) in words.enumerated() where word != 0 {
      for bit in 0..<64 where word >> UInt64(bit) & 1 == 1 { numbers.append(index * 64 + bit) }
    }
    return numbers
  }
}

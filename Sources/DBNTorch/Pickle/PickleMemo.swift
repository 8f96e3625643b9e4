import DBNTensors

/// The memo: values that a pickle stores by number. Only values that it recalls are kept.
///
/// PyTorch's pickler stores every value, eight for each tensor, and recalls hardly any.
struct PickleMemo {
  private var values: [Int: PickleValue] = [:]
  /// The numbers that are recalled; nil to keep all.
  private let recalled: Set<Int>?
  /// One above the highest number so far, which MEMOIZE uses next.
  private(set) var end = 0

  /// - Parameter pickle: bytes that start with the pickle; anything after its end is ignored.
  init(for pickle: ByteRegion) {
    recalled = Self.numbersRecalled(in: pickle)
  }

  subscript(number: Int) -> PickleValue? { values[number] }

  /// - Returns: whether the value is kept.
  mutating func remember(_ value: PickleValue, at number: Int) -> Bool {
    end = max(end, number + 1)
    guard recalled?.contains(number) ?? true else { return false }
    values[number] = value
    return true
  }

  mutating func removeAll() {
    values = [:]
  }

  /// The numbers of all GET operations; nil if the operations can't be followed to the end, in
  /// which case the machine will find the error.
  static func numbersRecalled(in pickle: ByteRegion) -> Set<Int>? {
    var reader = ByteReader(pickle)
    var numbers: Set<Int> = []
    let operations = PickleOperation.byNumber
    do throws(CheckpointError) {
      while true {
        guard let operation = operations[Int(try reader.read(UInt8.self))] else { return nil }
        switch operation {
        case .stop: return numbers
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

import DBNTensors

/// The conversion of a view's bytes once they are in row-major order: it swaps bytes, and carries
/// out pending conjugation and negation.
struct ElementRepair: Sendable {
  private let swaps: Bool
  private let isConjugate: Bool
  private let isNegative: Bool
  private let type: ScalarType

  init(of view: TensorView, fromBigEndian: Bool) throws(CheckpointError) {
    type = view.scalarType
    swaps = fromBigEndian && type.componentByteCount > 1
    isConjugate = view.isConjugate && type.isComplex
    isNegative = view.isNegative
    if isNegative, !Self.negatable.contains(type) {
      throw CheckpointError(
        .unsupportedScalarType, "a negated view of \(type.name) has no meaning",
        advice: "save tensor.contiguous() instead")
    }
  }

  /// Types with a sign in the highest bit of each component.
  private static let negatable: Set<ScalarType> = [
    .float16, .bfloat16, .float32, .float64, .complex32, .bcomplex32, .complex64, .complex128,
  ]

  var isNeeded: Bool { swaps || isConjugate || isNegative }

  /// The repair as a conversion of elements during reading.
  var conversion: TensorStorage.Conversion {
    TensorStorage.Conversion(from: type.byteCount, to: type.byteCount) { bytes, target in
      bytes.withUnsafeBytes { target.copyMemory(from: $0) }
      apply(to: target)
    }
  }

  func apply(to bytes: UnsafeMutableRawBufferPointer) {
    guard isNeeded else { return }
    switch type.componentByteCount {
    case 2: apply(to: bytes, UInt16.self)
    case 4: apply(to: bytes, UInt32.self)
    case 8: apply(to: bytes, UInt64.self)
    default: return
    }
  }

  /// Repairs numbers, one component at a time, as bit patterns: NaN keeps its payload.
  private func apply<Bits: FixedWidthInteger & BitwiseCopyable>(
    to bytes: UnsafeMutableRawBufferPointer, _ type: Bits.Type
  ) {
    let sign = Bits(1) << (Bits.bitWidth - 1)
    let even = isNegative ? sign : 0
    let odd = isConjugate ? even ^ sign : even
    let components = bytes.bindMemory(to: Bits.self)
    for index in components.indices {
      let value = Bits(littleEndian: components[index])
      let mask = index.isMultiple(of: 2) ? even : odd
      components[index] = ((swaps ? value.byteSwapped : value) ^ mask).littleEndian
    }
  }
}

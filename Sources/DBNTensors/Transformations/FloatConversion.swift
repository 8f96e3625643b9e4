/// Converts elements between floating-point types, rounding each once.
///
/// - Returns: how many finite values became infinite.
func convertFloats(
  _ source: RawSpan, _ sourceType: ScalarType, to target: UnsafeMutableRawBufferPointer,
  _ targetType: ScalarType
) -> Int {
  switch sourceType {
  case .float64: convert(source, to: target, targetType) { Double(bitPattern: $0) }
  case .float32:
    convert(source, to: target, targetType) { (bits: UInt32) in Double(Float(bitPattern: bits)) }
  case .float16:
    convert(source, to: target, targetType) { (bits: UInt16) in Double(Float16(bitPattern: bits)) }
  default:
    convert(source, to: target, targetType) { (bits: UInt16) in
      Double(Float(bitPattern: UInt32(bits) << 16))
    }
  }
}

/// Every value of the smaller types is exactly representable as a double, so only the second
/// conversion rounds.
private func convert<Source: FixedWidthInteger & BitwiseCopyable>(
  _ source: RawSpan, to target: UnsafeMutableRawBufferPointer, _ type: ScalarType,
  _ value: (Source) -> Double
) -> Int {
  switch type {
  case .float64: write(source, to: target, value) { ($0.bitPattern, $0.isInfinite) }
  case .float32:
    write(source, to: target, value) { (Float($0).bitPattern, Float($0).isInfinite) }
  case .float16:
    write(source, to: target, value) { (Float16($0).bitPattern, Float16($0).isInfinite) }
  default:
    write(source, to: target, value) { number in
      let bits = bfloat16BitPattern(number)
      return (bits, bits & 0x7FFF == 0x7F80)
    }
  }
}

private func write<
  Source: FixedWidthInteger & BitwiseCopyable, Target: FixedWidthInteger & BitwiseCopyable
>(
  _ source: RawSpan, to target: UnsafeMutableRawBufferPointer, _ value: (Source) -> Double,
  _ bits: (Double) -> (Target, isInfinite: Bool)
) -> Int {
  var overflows = 0
  let (step, targetStep) = (MemoryLayout<Source>.size, MemoryLayout<Target>.size)
  for index in 0..<source.byteCount / step {
    let stored = source.unsafeLoadUnaligned(fromByteOffset: index * step, as: Source.self)
    let number = value(Source(littleEndian: stored))
    let (pattern, isInfinite) = bits(number)
    if isInfinite && number.isFinite { overflows += 1 }
    target.storeBytes(
      of: pattern.littleEndian, toByteOffset: index * targetStep, as: Target.self)
  }
  return overflows
}

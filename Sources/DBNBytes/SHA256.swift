/// The SHA-256 of a file's bytes (FIPS 180-4).
///
/// None of the libraries that are linked has it: zlib has CRC-32 and Adler-32, libhdf5 checksums of
/// 32 bits. A CRC-32 shows damage, but anyone can make another file with the same one.
package struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  /// The first bytes of a block that is not complete yet.
  private var rest: [UInt8] = []
  private var byteCount = 0

  /// The digest of no bytes so far.
  package init() {}

  /// Adds bytes that follow those so far.
  package mutating func update(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Adds the UTF-8 of a text, and a zero byte as its end.
  package mutating func update(_ text: String) {
    (Array(text.utf8) + [0]).withUnsafeBytes { update($0) }
  }

  /// The digest as 64 lower-case hexadecimal digits.
  package consuming func hexadecimal() -> String {
    let bitCount = UInt64(byteCount) &* 8
    var padding: [UInt8] = [0x80]
    padding += Array(repeating: 0, count: (119 - byteCount % Self.blockSize) % Self.blockSize)
    padding += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * UInt64($0))) }
    padding.withUnsafeBytes { update($0) }
    return state.map(\.hexadecimal).joined()
  }

  private static let blockSize = 64

  private mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount += bytes.count
    var bytes = bytes[...]
    if !rest.isEmpty {
      let missing = bytes.prefix(Self.blockSize - rest.count)
      rest += missing
      bytes = bytes.dropFirst(missing.count)
      guard rest.count == Self.blockSize else { return }
      let block = rest
      block.withUnsafeBytes { compress($0) }
      rest = []
    }
    let whole = bytes.count / Self.blockSize * Self.blockSize
    compress(UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
    rest += bytes.dropFirst(whole)
  }

  /// - Parameter blocks: whole blocks.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      for start in stride(from: 0, to: blocks.count, by: Self.blockSize) {
        for index in 0..<16 {
          let word = blocks.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
          schedule[index] = UInt32(bigEndian: word)
        }
        for index in 16..<64 {
          let (early, late) = (schedule[index - 15], schedule[index - 2])
          let first = early.rotated(7) ^ early.rotated(18) ^ early >> 3
          let second = late.rotated(17) ^ late.rotated(19) ^ late >> 10
          schedule[index] = schedule[index - 16] &+ first &+ schedule[index - 7] &+ second
        }
        addBlock(schedule)
      }
    }
  }

  private mutating func addBlock(_ schedule: UnsafeMutableBufferPointer<UInt32>) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let second = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
      let choice = e & f ^ ~e & g
      let sum = h &+ second &+ choice &+ Self.constants[index] &+ schedule[index]
      let first = a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)
      let majority = a & b ^ a & c ^ b & c
      (h, g, f, e) = (g, f, e, d &+ sum)
      (d, c, b, a) = (c, b, a, sum &+ first &+ majority)
    }
    for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

extension UInt32 {
  /// The bits rotated to the right.
  fileprivate func rotated(_ count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}

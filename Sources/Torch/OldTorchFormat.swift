import Tensors

/// The formats that `torch.save` had before PyTorch 1.6: recognised, not read yet.
enum OldTorchFormat {
  /// Stacked pickles, 0.1.10 to 1.5; the first is the number 0x1950a86a20f9469cfc6c.
  case legacy
  /// A tar archive, up to 0.1.9.
  case tar

  private static let magic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  init?(of file: ByteRegion) {
    let format = file.withBytes { bytes in
      bytes.withUnsafeBytes { bytes -> OldTorchFormat? in
        if bytes.first == 0x80, bytes.dropFirst(2).starts(with: Self.magic) { return .legacy }
        return bytes.dropFirst(257).starts(with: "ustar".utf8) ? .tar : nil
      }
    }
    guard let format else { return nil }
    self = format
  }

  var refusal: CheckpointError {
    let what =
      switch self {
      case .legacy: "the format of PyTorch 0.1.10 to 1.5 (stacked pickles)"
      case .tar: "the format of PyTorch before 0.1.10 (tar)"
      }
    return CheckpointError(
      .torchLegacyFormat, "is in \(what), which cannot be read yet",
      advice: "save it again with PyTorch 1.6 or later: torch.save(torch.load(path), other)")
  }
}

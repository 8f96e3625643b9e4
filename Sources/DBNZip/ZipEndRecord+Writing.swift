import DBNTensors

extension ZipEndRecord {
  /// The end of an archive: the zip64 record, which PyTorch writes into small files too, its
  /// locator, and the end record.
  static func bytes(count: Int, size: Int, offset: Int) -> [UInt8] {
    var end: [UInt8] = []
    end.append(littleEndian: UInt32(0x0606_4B50))
    end.append(littleEndian: UInt64(44))
    // Made on Unix by version 3.0; needs version 4.5 to be read, the first with zip64.
    end.append(littleEndian: UInt16(0x031E))
    end.append(littleEndian: UInt16(45))
    end.append(littleEndian: UInt64(0))
    for number in [count, count, size, offset] { end.append(littleEndian: UInt64(number)) }

    end.append(littleEndian: UInt32(0x0706_4B50))
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: UInt64(offset + size))
    end.append(littleEndian: UInt32(1))

    end.append(littleEndian: UInt32(0x0605_4B50))
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: UInt16(clamping: count))
    end.append(littleEndian: UInt16(clamping: count))
    end.append(littleEndian: UInt32(clamping: size))
    end.append(littleEndian: UInt32(clamping: offset))
    end.append(littleEndian: UInt16(0))
    return end
  }
}

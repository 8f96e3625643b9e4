internal import DBNTensors

/// A message in an object header, which describes one property of the object.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2.
struct HeaderMessage {
  enum Kind: UInt16 {
    case dataspace = 0x01
    case linkInfo = 0x02
    case datatype = 0x03
    case oldFillValue = 0x04
    case fillValue = 0x05
    case link = 0x06
    case externalFiles = 0x07
    case layout = 0x08
    case filters = 0x0B
    case attribute = 0x0C
    case sharedMessages = 0x0F
    case continuation = 0x10
    case symbolTable = 0x11
    case attributeInfo = 0x15
    case cacheImage = 0x18
  }

  let kind: Kind
  let body: ByteRegion
  /// Whether the body is a reference to the message instead of the message itself.
  let isShared: Bool

  static let sharedFlag: UInt8 = 0x02
  private static let failIfUnknownFlag: UInt8 = 0x80

  /// - Returns: nil for types of messages that are not used here.
  init?(type: UInt16, flags: UInt8, body: ByteRegion) throws(CheckpointError) {
    guard let kind = Kind(rawValue: type) else {
      guard flags & HeaderMessage.failIfUnknownFlag == 0 || type <= 0x18 else {
        throw CheckpointError(
          .unknownHDF5Version, offset: body.fileOffset,
          "an object can only be read by programs that know messages of the type \(type)",
          advice: "write the file again with an earlier version of the format")
      }
      return nil
    }
    self.kind = kind
    self.body = body
    isShared = flags & HeaderMessage.sharedFlag != 0
  }
}

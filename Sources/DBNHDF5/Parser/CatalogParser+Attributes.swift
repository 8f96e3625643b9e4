internal import DBNTensors

extension CatalogParser {
  /// The attributes of a group or dataset, by name. One that can't be read has no value: nothing
  /// that most readers leave out may refuse a file.
  ///
  /// - Throws: `limitExceeded` when the file's structures are read too often.
  mutating func attributes(
    of header: ObjectHeader, path: String
  ) throws(CheckpointError) -> [Catalog.Attribute] {
    var attributes: [Catalog.Attribute] = []
    for message in header.messages where message.kind == .attribute {
      do throws(CheckpointError) {
        var reader = try file.resolve(message)
        attributes.append(try attribute(&reader, path))
      } catch {
        attributes.append(try .unreadable("", error, path))
      }
    }
    if let message = header[.attributeInfo] {
      do throws(CheckpointError) {
        let bodies = try storedMessages(
          message, orderByteCount: 2, .attributesByName, idOffset: 0)
        for body in bodies {
          var reader = ByteReader(body)
          attributes.append(try attribute(&reader, path))
        }
      } catch {
        attributes.append(try .unreadable("", error, path))
      }
    }
    return attributes.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private mutating func attribute(
    _ reader: inout ByteReader, _ path: String
  ) throws(CheckpointError) -> Catalog.Attribute {
    let message = try AttributeMessage(parsing: &reader, in: &file)
    let name = String.decoding(message.name.prefix { $0 != 0 }).text
    do throws(CheckpointError) {
      return Catalog.Attribute(name, try value(of: message))
    } catch {
      return try .unreadable(name, error, path)
    }
  }

  /// The value of an attribute, if it is of a kind that is used here; otherwise `other`.
  private mutating func value(
    of message: AttributeMessage
  ) throws(CheckpointError) -> Catalog.Attribute.Value {
    guard let shape = message.shape, shape.count < 2, message.type.arrayShape.isEmpty else {
      return .other
    }
    var reader = ByteReader(message.data)
    switch message.type.elementType {
    case .variableString, .fixedString:
      let texts = try texts(of: message, count: shape.first ?? 1)
      return shape.isEmpty ? .string(texts.first ?? "") : .strings(texts)
    case .scalar(let type, let isBigEndian) where shape.isEmpty:
      var bytes = try reader.readRegion(count: type.byteCount).array
      if isBigEndian { bytes.reverse() }
      return value(bytes, type)
    default: return .other
    }
  }

  private mutating func texts(
    of message: AttributeMessage, count: Int
  ) throws(CheckpointError) -> [String] {
    // Each string has a reference of a fixed size in the attribute.
    guard count <= message.data.count / message.type.byteCount else {
      throw .invalidMetadata(
        "an attribute has fewer texts than its shape declares", at: message.data.fileOffset)
    }
    var reader = ByteReader(message.data)
    var texts: [String] = []
    for _ in 0..<count {
      var element = ByteReader(try reader.readRegion(count: message.type.byteCount))
      if case .fixedString(_, let padding) = message.type.elementType {
        texts.append(try padding.text(of: element.region.array[...], name: nil))
      } else {
        texts.append(try globalHeap.text(parsing: &element, in: &file))
      }
      try file.spend(texts[texts.count - 1].utf8.count, at: reader.fileOffset)
    }
    return texts
  }

  private func value(_ bytes: [UInt8], _ type: ScalarType) -> Catalog.Attribute.Value {
    let bits = bytes.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    switch type {
    case .bool: return .bool(bits != 0)
    case .float64: return .float(Double(bitPattern: bits))
    case .float32: return .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .float16: return .float(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
    case .int8: return .int(Int(Int8(truncatingIfNeeded: bits)))
    case .int16: return .int(Int(Int16(truncatingIfNeeded: bits)))
    case .int32: return .int(Int(Int32(truncatingIfNeeded: bits)))
    case .int64: return .int(Int(truncatingIfNeeded: bits))
    case .uint8, .uint16, .uint32, .uint64: return .int(Int(clamping: bits))
    default: return .other
    }
  }
}

extension Catalog.Attribute {
  /// An attribute without a value, unless the error is one for which the file is refused.
  fileprivate static func unreadable(
    _ name: String, _ error: CheckpointError, _ path: String
  ) throws(CheckpointError) -> Catalog.Attribute {
    let error = error.with(name: "\(path)@\(name)")
    guard error.code != .limitExceeded else { throw error }
    return Catalog.Attribute(name, .unreadable(error))
  }
}

import DBNTensors

extension PickleNameScan {
  /// GLOBAL and INST: the name is in the operation.
  mutating func followName(_ operation: PickleOperation, at start: Int) throws(CheckpointError) {
    let module = String(decoding: try reader.readLine().array, as: UTF8.self)
    let name = String(decoding: try reader.readLine().array, as: UTF8.self)
    followName(module, name, at: start)
    // The arguments are below the class: all of it is one value.
    if operation == .inst { try follow(.tuple, at: start) }
  }

  /// A name that is not in the pickle as text is dangerous: no pickler computes names.
  mutating func followName(_ module: String?, _ name: String?, at start: Int) {
    let isKnown = module != nil && name != nil
    let (module, name, path) = Self.inPython3(module, name)
    if let index = known[path] { return push(.node(names[index].node)) }
    let isDangerous =
      !isKnown || DangerousNames.contains(path) || DangerousNames.carriesCode(path)
    guard names.count < PickledNames.limit * (isDangerous ? 2 : 1) else {
      omitted += 1
      return push(.other)
    }
    let node = makeNode(Node(name: names.count))
    known[path] = names.count
    let isUsual =
      PickleGlobal.table[path] != nil || TorchConstants.classes.contains(path)
      || path.hasPrefix("torch.nn.modules.")
    let found = PickledName(
      module: module, name: name, offset: pickle.fileOffset + start - origin, entry: nil,
      isDangerous: isDangerous, isUsual: isUsual && !isDangerous)
    names.append((found, node))
    push(.node(node))
  }

  /// The name that Python 3 looks up, and its two parts.
  private static func inPython3(
    _ module: String?, _ name: String?
  ) -> (module: String, name: String, path: String) {
    let module = module.map(Python2.module) ?? PickledName.unknown
    let name = name ?? PickledName.unknown
    let path = Python2.path("\(module).\(name)")
    // Only names of built-in functions change, to others in modules without a dot.
    guard path != "\(module).\(name)", let dot = path.firstIndex(of: ".") else {
      return (module, name, path)
    }
    return (String(path[..<dot]), String(path[path.index(after: dot)...]), path)
  }

  /// The text of a constant; nil for other values.
  ///
  /// - Parameter orNumber: whether a number has a text.
  func text(of value: Value, orNumber: Bool = false) -> String? {
    guard case .constant(let position) = value else { return nil }
    return text(at: Int(position), orNumber: orNumber)
  }

  private func text(at position: Int, orNumber: Bool) -> String? {
    var reader = ByteReader(pickle)
    guard (try? reader.seek(to: position)) != nil, let number = try? reader.read(UInt8.self),
      let operation = PickleOperation.byNumber[Int(number)]
    else { return nil }
    switch operation {
    case .int:
      guard orNumber, let line = try? reader.readLine() else { return nil }
      return String(decoding: line.array, as: UTF8.self)
    case .binInt, .binInt1, .binInt2:
      return orNumber ? (try? reader.readNumber(of: operation)).map { "\($0)" } : nil
    case .string:
      guard let line = try? reader.readLine().array.dropFirst().dropLast() else { return nil }
      return PickleEscapes.quoted(Array(line)).map { String(decoding: $0, as: UTF8.self) }
    case .unicode: return (try? reader.readLine().array).flatMap(PickleEscapes.unicode)
    default:
      guard let count = try? reader.readCount(of: operation),
        let bytes = try? reader.readRegion(count: count)
      else { return nil }
      return String(decoding: bytes.array, as: UTF8.self)
    }
  }
}

extension PickleNameScan {
  /// A pickle begins with PROTO and its version.
  static func isPickle(_ bytes: ByteRegion) -> Bool {
    guard let start = try? bytes.slice(from: 0, count: min(2, bytes.count)).array,
      start.count == 2
    else { return false }
    return start[0] == PickleOperation.proto.rawValue && start[1] <= 5
  }

  /// Bytes that are a pickle, or a file with one, are what `pickle.loads` is called with.
  mutating func pushBytes(_ operation: PickleOperation, at start: Int) {
    var reader = ByteReader(pickle)
    guard (try? reader.seek(to: start + 1)) != nil,
      let count = try? reader.readCount(of: operation),
      let bytes = try? reader.readRegion(count: count), Self.isPickle(bytes)
    else { return push(.other) }
    push(.other)
    note(bytes, from: origin)
  }

  /// Python 2 and protocol 2 hold bytes as text, of which each character is a byte.
  mutating func noteInner(textAt start: Int) {
    var reader = ByteReader(pickle)
    guard (try? reader.seek(to: start)) != nil, let number = try? reader.read(UInt8.self),
      let operation = PickleOperation.byNumber[Int(number)],
      operation.argument.number != nil, let count = try? reader.readCount(of: operation),
      let content = try? reader.readRegion(count: count), count > 3,
      let first = try? content.slice(from: 0, count: 3).array
    else { return }
    if first[0] == PickleOperation.proto.rawValue, Self.isPickle(content) {
      return note(content, from: origin)
    }
    guard first[0] == 0xC2, first[1] == PickleOperation.proto.rawValue, first[2] <= 5 else {
      return
    }
    let scalars = String(decoding: content.array, as: UTF8.self).unicodeScalars
    let bytes = ByteRegion(scalars.map { UInt8(truncatingIfNeeded: $0.value) })
    // The text's own place, since its characters have none in the file.
    note(bytes, from: bytes.fileOffset - (pickle.fileOffset + start - origin))
  }

  private mutating func note(_ bytes: ByteRegion, from origin: Int) {
    let node = makeNode()
    inner.append((bytes, origin, node))
    stack[stack.count - 1] = .node(node)
  }
}

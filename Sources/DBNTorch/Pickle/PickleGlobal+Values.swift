import DBNTensors

/// The functions of the table that make values other than tensors.
extension PickleGlobal {
  static let makeOrderedDict: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(0...1)
    var dictionary = PickleDictionary(kind: .orderedDict)
    if arguments.count == 1 { dictionary.entries = try entries(of: arguments, machine) }
    return machine.heap.dictionary(dictionary)
  }

  static let makeCounter: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(0...1)
    var dictionary = PickleDictionary(kind: .counter)
    if arguments.count == 1 {
      guard let counts = machine.heap.dictionary(arguments[0]) else {
        throw arguments.wrong(0, "a dict", machine.heap)
      }
      dictionary.entries = counts.entries
    }
    return machine.heap.dictionary(dictionary)
  }

  /// The entries of an `OrderedDict` as Python 2 pickled it: pairs of key and value.
  private static func entries(
    of arguments: PickleArguments, _ machine: PickleMachine
  ) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
    if let dictionary = machine.heap.dictionary(arguments[0]) { return dictionary.entries }
    var entries: [(key: PickleValue, value: PickleValue)] = []
    for element in try arguments.elements(0, machine.heap) {
      let pair = PickleArguments(of: arguments.function, [element])
      let parts = try pair.elements(0, machine.heap)
      guard parts.count == 2 else { throw arguments.wrong(0, "a list of pairs", machine.heap) }
      try machine.checkKey(parts[0])
      entries.append((parts[0], parts[1]))
    }
    return entries
  }

  static let makeSet: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(0...1)
    let elements = arguments.count == 0 ? [] : try arguments.elements(0, machine.heap)
    try machine.checkHashable(elements)
    return machine.heap.set(elements)
  }

  /// The call for empty `bytes` in protocol 2; other `bytes` are written with `_codecs.encode`.
  static let makeBytes: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(0...0)
    return machine.heap.leaf(.bytes([]))
  }

  static let makeByteArray: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(0...2)
    if arguments.count == 0 { return machine.heap.leaf(.byteArray([])) }
    if arguments.count == 2 { return machine.heap.leaf(.byteArray(try latin1(arguments, machine))) }
    guard let bytes = machine.heap.bytes(arguments[0]) else {
      throw arguments.wrong(0, "bytes", machine.heap)
    }
    return machine.heap.leaf(.byteArray(bytes.array))
  }

  static let makeComplex: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(2...2)
    let real = try arguments.double(0, machine.heap)
    let imaginary = try arguments.double(1, machine.heap)
    return machine.heap.leaf(.complex(real: real, imaginary: imaginary))
  }

  /// The call for `bytes` in protocol 2: a string to be encoded as Latin-1.
  static let encode: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(2...2)
    return machine.heap.leaf(.bytes(try latin1(arguments, machine)))
  }

  private static func latin1(
    _ arguments: PickleArguments, _ machine: PickleMachine
  ) throws(CheckpointError) -> [UInt8] {
    let text = try arguments.text(0, machine.heap)
    let codec = try arguments.text(1, machine.heap)
    guard [PickleName.Latin1.ofBytes, PickleName.Latin1.ofByteArray].contains(codec) else {
      throw arguments.wrong(1, "'\(PickleName.Latin1.ofBytes)'", machine.heap)
    }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else {
        throw arguments.wrong(0, "Latin-1 text", machine.heap)
      }
      bytes.append(byte)
    }
    return bytes
  }

  static let makeSize: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(0...1)
    let sizes = arguments.count == 0 ? [] : try arguments.ints(0, machine.heap)
    return machine.heap.leaf(.size(sizes))
  }

  /// `torch.serialization._get_layout(name)`.
  static let makeLayout: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(1...1)
    let name = try arguments.text(0, machine.heap)
    guard TorchConstants.layouts.contains(name) else {
      throw arguments.wrong(0, "the name of a layout", machine.heap)
    }
    return machine.heap.leaf(.constant(name))
  }

  static let makeDevice: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(1...2)
    let type = try arguments.text(0, machine.heap)
    if arguments.count == 1 { return machine.heap.leaf(.device(type)) }
    let index = try arguments.int(1, machine.heap)
    return machine.heap.leaf(.device("\(type):\(index)"))
  }
}

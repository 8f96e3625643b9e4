import DBNTensors

/// An operation of the pickle machine.
struct PickleOpcode: Sendable {
  typealias Action = @Sendable (inout PickleMachine) throws(CheckpointError) -> Void

  let code: UInt8
  /// The name in CPython's `pickletools`.
  let name: String
  /// Whether the operation changes or names the value that is on top when its operands are gone.
  let changesTop: Bool
  let run: Action

  static let stop = UInt8(ascii: ".")

  /// All operations by their code.
  static let byCode: [PickleOpcode] = {
    var table = (0...UInt8.max).map(unknown)
    for opcode in known { table[Int(opcode.code)] = opcode }
    return table
  }()

  private init(_ code: UInt8, _ name: String, changesTop: Bool = false, _ run: @escaping Action) {
    self.code = code
    self.name = name
    self.changesTop = changesTop
    self.run = run
  }

  private static func unknown(_ code: UInt8) -> PickleOpcode {
    let name = "0x" + String(code, radix: 16)
    return PickleOpcode(code, name) { _ throws(CheckpointError) in
      throw CheckpointError(.pickleOpcode, "\(name) is no pickle operation")
    }
  }

  /// An operation that no checkpoint needs; its argument is passed over.
  private static func refused(_ code: UInt8, _ name: String, bytes: Int = 0) -> PickleOpcode {
    PickleOpcode(code, name) { machine throws(CheckpointError) in
      try machine.reader.skip(bytes)
      throw CheckpointError(
        .pickleOpcode, "the pickle operation \(name) is not one that checkpoints of weights use",
        advice: "save it again with torch.save, as a state dict")
    }
  }

  private static let known: [PickleOpcode] = [
    PickleOpcode(stop, "STOP") { _ in },
    PickleOpcode(0x80, "PROTO") { m throws(CheckpointError) in try m.checkProtocol() },
    PickleOpcode(0x95, "FRAME") { m throws(CheckpointError) in try m.reader.skip(8) },

    PickleOpcode(0x4E, "NONE") { m in m.push(.none) },
    PickleOpcode(0x88, "NEWTRUE") { m in m.push(.bool(true)) },
    PickleOpcode(0x89, "NEWFALSE") { m in m.push(.bool(false)) },
    PickleOpcode(0x4A, "BININT") { m throws(CheckpointError) in try m.pushInt(Int32.self) },
    PickleOpcode(0x4B, "BININT1") { m throws(CheckpointError) in try m.pushInt(UInt8.self) },
    PickleOpcode(0x4D, "BININT2") { m throws(CheckpointError) in try m.pushInt(UInt16.self) },
    PickleOpcode(0x8A, "LONG1") { m throws(CheckpointError) in try m.pushLong(UInt8.self) },
    PickleOpcode(0x8B, "LONG4") { m throws(CheckpointError) in try m.pushLong(Int32.self) },
    PickleOpcode(0x47, "BINFLOAT") { m throws(CheckpointError) in try m.pushFloat() },
    PickleOpcode(0x55, "SHORT_BINSTRING") { m throws(CheckpointError) in
      try m.pushText(UInt8.self)
    },
    PickleOpcode(0x54, "BINSTRING") { m throws(CheckpointError) in try m.pushText(Int32.self) },
    PickleOpcode(0x8C, "SHORT_BINUNICODE") { m throws(CheckpointError) in
      try m.pushText(UInt8.self)
    },
    PickleOpcode(0x58, "BINUNICODE") { m throws(CheckpointError) in try m.pushText(UInt32.self) },
    PickleOpcode(0x8D, "BINUNICODE8") { m throws(CheckpointError) in try m.pushText(UInt64.self) },
    PickleOpcode(0x43, "SHORT_BINBYTES") { m throws(CheckpointError) in
      try m.pushBytes(UInt8.self)
    },
    PickleOpcode(0x42, "BINBYTES") { m throws(CheckpointError) in try m.pushBytes(UInt32.self) },
    PickleOpcode(0x8E, "BINBYTES8") { m throws(CheckpointError) in try m.pushBytes(UInt64.self) },
    PickleOpcode(0x96, "BYTEARRAY8") { m throws(CheckpointError) in try m.pushByteArray() },

    PickleOpcode(0x28, "MARK") { m in m.marks.append(m.stack.count) },
    PickleOpcode(0x29, "EMPTY_TUPLE") { m in m.push(m.heap.tuple([])) },
    PickleOpcode(0x85, "TUPLE1") { m throws(CheckpointError) in try m.pushTuple(count: 1) },
    PickleOpcode(0x86, "TUPLE2") { m throws(CheckpointError) in try m.pushTuple(count: 2) },
    PickleOpcode(0x87, "TUPLE3") { m throws(CheckpointError) in try m.pushTuple(count: 3) },
    PickleOpcode(0x74, "TUPLE") { m throws(CheckpointError) in try m.pushTuple() },
    PickleOpcode(0x5D, "EMPTY_LIST") { m in m.push(m.heap.list()) },
    PickleOpcode(0x61, "APPEND", changesTop: true) { m throws(CheckpointError) in
      try m.append("APPEND", m.pop(1))
    },
    PickleOpcode(0x65, "APPENDS", changesTop: true) { m throws(CheckpointError) in
      try m.append("APPENDS", m.popMark())
    },
    PickleOpcode(0x7D, "EMPTY_DICT") { m in m.push(m.heap.dictionary(.init(kind: .dict))) },
    PickleOpcode(0x73, "SETITEM", changesTop: true) { m throws(CheckpointError) in
      try m.setItems("SETITEM", m.pop(2))
    },
    PickleOpcode(0x75, "SETITEMS", changesTop: true) { m throws(CheckpointError) in
      try m.setItems("SETITEMS", m.popMark())
    },
    PickleOpcode(0x8F, "EMPTY_SET") { m in m.push(m.heap.set()) },
    PickleOpcode(0x90, "ADDITEMS", changesTop: true) { m throws(CheckpointError) in
      try m.addItems()
    },

    PickleOpcode(0x68, "BINGET") { m throws(CheckpointError) in try m.recall(UInt8.self) },
    PickleOpcode(0x6A, "LONG_BINGET") { m throws(CheckpointError) in try m.recall(UInt32.self) },
    PickleOpcode(0x71, "BINPUT", changesTop: true) { m throws(CheckpointError) in
      try m.remember(UInt8.self)
    },
    PickleOpcode(0x72, "LONG_BINPUT", changesTop: true) { m throws(CheckpointError) in
      try m.remember(UInt32.self)
    },
    PickleOpcode(0x94, "MEMOIZE", changesTop: true) { m throws(CheckpointError) in try m.memoise()
    },
    PickleOpcode(0x30, "POP") { m throws(CheckpointError) in _ = try m.pop() },
    PickleOpcode(0x31, "POP_MARK") { m throws(CheckpointError) in _ = try m.popMark() },

    PickleOpcode(0x63, "GLOBAL") { m throws(CheckpointError) in try m.pushGlobal() },
    PickleOpcode(0x93, "STACK_GLOBAL") { m throws(CheckpointError) in try m.pushStackGlobal() },
    PickleOpcode(0x52, "REDUCE") { m throws(CheckpointError) in try m.call("REDUCE") },
    PickleOpcode(0x81, "NEWOBJ") { m throws(CheckpointError) in try m.call("NEWOBJ") },
    PickleOpcode(0x62, "BUILD", changesTop: true) { m throws(CheckpointError) in try m.build() },
    PickleOpcode(0x51, "BINPERSID") { m throws(CheckpointError) in try m.pushStorage() },

    // Protocols 0 and 1, of PyTorch's first years.
    PickleOpcode(0x49, "INT") { m throws(CheckpointError) in try m.pushIntText() },
    PickleOpcode(0x4C, "LONG") { m throws(CheckpointError) in try m.pushLongText() },
    PickleOpcode(0x46, "FLOAT") { m throws(CheckpointError) in try m.pushFloatText() },
    PickleOpcode(0x53, "STRING") { m throws(CheckpointError) in try m.pushQuotedText() },
    PickleOpcode(0x56, "UNICODE") { m throws(CheckpointError) in try m.pushEscapedText() },
    PickleOpcode(0x67, "GET") { m throws(CheckpointError) in try m.recallByText() },
    PickleOpcode(0x70, "PUT", changesTop: true) { m throws(CheckpointError) in
      try m.rememberByText()
    },
    PickleOpcode(0x6C, "LIST") { m throws(CheckpointError) in try m.pushList() },
    PickleOpcode(0x64, "DICT") { m throws(CheckpointError) in try m.pushDictionary() },
    PickleOpcode(0x32, "DUP") { m throws(CheckpointError) in try m.duplicate() },
    PickleOpcode(0x69, "INST") { m throws(CheckpointError) in try m.callNamed() },
    PickleOpcode(0x6F, "OBJ") { m throws(CheckpointError) in try m.callMarked() },
    PickleOpcode(0x50, "PERSID") { m throws(CheckpointError) in try m.pushNamedStorage() },

    PickleOpcode(0x92, "NEWOBJ_EX") { m throws(CheckpointError) in try m.callWithNames() },
    PickleOpcode(0x91, "FROZENSET") { m throws(CheckpointError) in try m.pushFrozenSet() },
    refused(0x82, "EXT1", bytes: 1),
    refused(0x83, "EXT2", bytes: 2),
    refused(0x84, "EXT4", bytes: 4),
    refused(0x97, "NEXT_BUFFER"),
    refused(0x98, "READONLY_BUFFER"),
  ]
}

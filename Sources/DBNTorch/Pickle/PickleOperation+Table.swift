import DBNTensors

extension PickleOperation {
  /// The properties of an operation.
  struct Row: Sendable {
    typealias Effect =
      @Sendable (inout PickleMachine, PickleOperation) throws(CheckpointError) -> Void

    /// The name in CPython's `pickletools`, for errors.
    let name: String
    /// The argument that follows the opcode in the pickle.
    let argument: Argument
    /// Whether the operation changes or memoizes the value that is on top after its operands are
    /// popped.
    let changesTop: Bool
    /// The machine's action, which includes reading the argument.
    let effect: Effect

    fileprivate init(
      _ name: String, _ argument: Argument = .nothing, changesTop: Bool = false,
      _ effect: @escaping Effect
    ) {
      self.name = name
      self.argument = argument
      self.changesTop = changesTop
      self.effect = effect
    }
  }

  var name: String { row.name }
  package var argument: Argument { row.argument }
  var changesTop: Bool { row.changesTop }

  func run(_ machine: inout PickleMachine) throws(CheckpointError) {
    try row.effect(&machine, self)
  }

  private var row: Row { Self.table[Int(rawValue)] }

  /// The operation for each opcode; nil if there is none.
  static let byNumber: [PickleOperation?] = (0...UInt8.max).map { PickleOperation(rawValue: $0) }

  /// The row of each operation at its opcode; unused opcodes have the row of STOP.
  private static let table: [Row] = byNumber.map { makeRow(of: $0 ?? .stop) }

  /// The table: the name, the argument and the action of each operation.
  private static func makeRow(of operation: PickleOperation) -> Row {
    switch operation {
    case .stop: Row("STOP") { _, _ in }
    case .proto:
      Row("PROTO", .number(.uint1)) { m, o throws(CheckpointError) in try m.checkProtocol(o) }
    case .frame:
      Row("FRAME", .number(.uint8)) { m, o throws(CheckpointError) in try m.checkFrame(o) }

    case .pushNone: Row("NONE") { m, _ in m.push(.none) }
    case .newTrue: Row("NEWTRUE") { m, _ in m.push(.bool(true)) }
    case .newFalse: Row("NEWFALSE") { m, _ in m.push(.bool(false)) }
    case .binInt: Row("BININT", .number(.int4)) { m, o throws(CheckpointError) in try m.pushInt(o) }
    case .binInt1:
      Row("BININT1", .number(.uint1)) { m, o throws(CheckpointError) in try m.pushInt(o) }
    case .binInt2:
      Row("BININT2", .number(.uint2)) { m, o throws(CheckpointError) in try m.pushInt(o) }
    case .long1:
      Row("LONG1", .counted(.uint1)) { m, o throws(CheckpointError) in try m.pushLong(o) }
    case .long4: Row("LONG4", .counted(.int4)) { m, o throws(CheckpointError) in try m.pushLong(o) }
    case .binFloat: Row("BINFLOAT", .float) { m, _ throws(CheckpointError) in try m.pushFloat() }
    case .shortBinString:
      Row("SHORT_BINSTRING", .counted(.uint1)) { m, o throws(CheckpointError) in try m.pushText(o) }
    case .binString:
      Row("BINSTRING", .counted(.int4)) { m, o throws(CheckpointError) in try m.pushText(o) }
    case .shortBinUnicode:
      Row("SHORT_BINUNICODE", .counted(.uint1)) { m, o throws(CheckpointError) in try m.pushText(o)
      }
    case .binUnicode:
      Row("BINUNICODE", .counted(.uint4)) { m, o throws(CheckpointError) in try m.pushText(o) }
    case .binUnicode8:
      Row("BINUNICODE8", .counted(.uint8)) { m, o throws(CheckpointError) in try m.pushText(o) }
    case .shortBinBytes:
      Row("SHORT_BINBYTES", .counted(.uint1)) { m, o throws(CheckpointError) in try m.pushBytes(o) }
    case .binBytes:
      Row("BINBYTES", .counted(.uint4)) { m, o throws(CheckpointError) in try m.pushBytes(o) }
    case .binBytes8:
      Row("BINBYTES8", .counted(.uint8)) { m, o throws(CheckpointError) in try m.pushBytes(o) }
    case .byteArray8:
      Row("BYTEARRAY8", .counted(.uint8)) { m, o throws(CheckpointError) in try m.pushByteArray(o) }

    case .mark: Row("MARK") { m, _ in m.marks.append(m.stack.count) }
    case .emptyTuple: Row("EMPTY_TUPLE") { m, _ in m.push(m.heap.tuple([])) }
    case .tuple1: Row("TUPLE1") { m, _ throws(CheckpointError) in try m.pushTuple(count: 1) }
    case .tuple2: Row("TUPLE2") { m, _ throws(CheckpointError) in try m.pushTuple(count: 2) }
    case .tuple3: Row("TUPLE3") { m, _ throws(CheckpointError) in try m.pushTuple(count: 3) }
    case .tuple: Row("TUPLE") { m, _ throws(CheckpointError) in try m.pushTuple() }
    case .emptyList: Row("EMPTY_LIST") { m, _ in m.push(m.heap.list()) }
    case .append:
      Row("APPEND", changesTop: true) { m, o throws(CheckpointError) in try m.append(o, m.pop(1)) }
    case .appends:
      Row("APPENDS", changesTop: true) { m, o throws(CheckpointError) in
        try m.append(o, m.popMark())
      }
    case .emptyDict: Row("EMPTY_DICT") { m, _ in m.push(m.heap.dictionary(.init(kind: .dict))) }
    case .setItem:
      Row("SETITEM", changesTop: true) { m, o throws(CheckpointError) in try m.setItems(o, m.pop(2))
      }
    case .setItems:
      Row("SETITEMS", changesTop: true) { m, o throws(CheckpointError) in
        try m.setItems(o, m.popMark())
      }
    case .emptySet: Row("EMPTY_SET") { m, _ in m.push(m.heap.set()) }
    case .addItems:
      Row("ADDITEMS", changesTop: true) { m, o throws(CheckpointError) in try m.addItems(o) }

    case .binGet: Row("BINGET", .number(.uint1)) { m, o throws(CheckpointError) in try m.recall(o) }
    case .longBinGet:
      Row("LONG_BINGET", .number(.uint4)) { m, o throws(CheckpointError) in try m.recall(o) }
    case .binPut:
      Row("BINPUT", .number(.uint1), changesTop: true) { m, o throws(CheckpointError) in
        try m.remember(o)
      }
    case .longBinPut:
      Row("LONG_BINPUT", .number(.uint4), changesTop: true) { m, o throws(CheckpointError) in
        try m.remember(o)
      }
    case .memoize:
      Row("MEMOIZE", changesTop: true) { m, _ throws(CheckpointError) in try m.memoise() }
    case .pop: Row("POP") { m, _ throws(CheckpointError) in _ = try m.pop() }
    case .popMark: Row("POP_MARK") { m, _ throws(CheckpointError) in _ = try m.popMark() }

    case .global: Row("GLOBAL", .lines(2)) { m, o throws(CheckpointError) in try m.pushGlobal(o) }
    case .stackGlobal:
      Row("STACK_GLOBAL") { m, o throws(CheckpointError) in try m.pushStackGlobal(o) }
    case .reduce: Row("REDUCE") { m, o throws(CheckpointError) in try m.call(o) }
    case .newObj: Row("NEWOBJ") { m, o throws(CheckpointError) in try m.call(o) }
    case .build: Row("BUILD", changesTop: true) { m, _ throws(CheckpointError) in try m.build() }
    case .binPersID: Row("BINPERSID") { m, o throws(CheckpointError) in try m.pushStorage(o) }

    case .int: Row("INT", .lines(1)) { m, _ throws(CheckpointError) in try m.pushIntText() }
    case .long: Row("LONG", .lines(1)) { m, _ throws(CheckpointError) in try m.pushLongText() }
    case .float: Row("FLOAT", .lines(1)) { m, _ throws(CheckpointError) in try m.pushFloatText() }
    case .string:
      Row("STRING", .lines(1)) { m, _ throws(CheckpointError) in try m.pushQuotedText() }
    case .unicode:
      Row("UNICODE", .lines(1)) { m, _ throws(CheckpointError) in try m.pushEscapedText() }
    case .get: Row("GET", .lines(1)) { m, _ throws(CheckpointError) in try m.recallByText() }
    case .put:
      Row("PUT", .lines(1), changesTop: true) { m, _ throws(CheckpointError) in
        try m.rememberByText()
      }
    case .list: Row("LIST") { m, _ throws(CheckpointError) in try m.pushList() }
    case .dict: Row("DICT") { m, o throws(CheckpointError) in try m.pushDictionary(o) }
    case .dup: Row("DUP") { m, _ throws(CheckpointError) in try m.duplicate() }
    case .inst: Row("INST", .lines(2)) { m, o throws(CheckpointError) in try m.callNamed(o) }
    case .obj: Row("OBJ") { m, o throws(CheckpointError) in try m.callMarked(o) }
    case .persID:
      Row("PERSID", .lines(1)) { m, o throws(CheckpointError) in try m.pushNamedStorage(o) }

    case .newObjEx: Row("NEWOBJ_EX") { m, o throws(CheckpointError) in try m.callWithNames(o) }
    case .frozenSet: Row("FROZENSET") { m, o throws(CheckpointError) in try m.pushFrozenSet(o) }
    case .ext1: Row("EXT1", .number(.uint1)) { m, o throws(CheckpointError) in try m.refuse(o) }
    case .ext2: Row("EXT2", .number(.uint2)) { m, o throws(CheckpointError) in try m.refuse(o) }
    case .ext4: Row("EXT4", .number(.uint4)) { m, o throws(CheckpointError) in try m.refuse(o) }
    case .nextBuffer: Row("NEXT_BUFFER") { m, o throws(CheckpointError) in try m.refuse(o) }
    case .readOnlyBuffer: Row("READONLY_BUFFER") { m, o throws(CheckpointError) in try m.refuse(o) }
    }
  }
}

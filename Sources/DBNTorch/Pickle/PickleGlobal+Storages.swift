import DBNTensors

extension PickleGlobal {
  /// `torch.storage._load_from_bytes(bytes)`: a storage as a file of its own, as tensors have it in
  /// pickles that `torch.save` did not make.
  static let loadStorage: Function = { machine, arguments throws(CheckpointError) in
    try arguments.check(1...1)
    guard let bytes = machine.heap.bytes(arguments[0]), LegacyFile.recognises(bytes) else {
      throw arguments.wrong(0, "a file from torch.save", machine.heap)
    }
    // Files inside files could be nested without end.
    guard !machine.isNested else {
      throw CheckpointError(
        .limitExceeded, "is in a file inside a file inside a pickle",
        advice: "the file is malicious; get it from elsewhere")
    }
    let options = ReadingOptions(refusesUnknownClasses: true)
    let file = try LegacyFile(bytes, options, isNested: true)
    var inner = PickleMachine(file.pickle, tensors: TensorBuilder(file))
    inner.isNested = true
    guard case .storage(let index) = try inner.run() else {
      throw arguments.wrong(0, "a file with a storage", machine.heap)
    }
    let storage = inner.heap.storages[index]
    // Each file names its storages itself; the names here must differ.
    var own = TorchStorage(
      "\(storage.key) of the file before \(machine.reader.position)", storage.type,
      storage.bytes)
    own.elements = storage.elements
    return machine.heap.storage(own)
  }
}

import DBNTensors
import DBNTestSupport
import Foundation
import Testing

extension FormatContract {
  static let fileRules: [Rule] = [
    Rule("what was read is written to the same bytes") { contract in
      let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
      try contract.write(try everything(contract), first.file(contract.fileName))
      try contract.write(
        try contract.read(first.file(contract.fileName)), second.file(contract.fileName))
      #expect(try files(first) == files(second))
    },
    Rule("every prefix of a file is refused") { contract in
      let folder = try TemporaryFolder()
      let path = folder.file(contract.fileName)
      try contract.write(Checkpoint(root: .dictionary(try stateDict(["a", "b"]))), path)
      let bytes = Array(try Data(contentsOf: URL(filePath: path)))
      let steps = Set(stride(from: 0, to: bytes.count, by: 13)).union(0..<min(64, bytes.count))
        .union(max(0, bytes.count - 64)..<bytes.count)
      for count in steps.sorted() {
        _ = try folder.write(Array(bytes.prefix(count)), to: contract.fileName)
        #expect(throws: CheckpointError.self, "\(count) of \(bytes.count) bytes") {
          for tensor in try contract.read(path).root.leaves.compactMap(\.value.tensor) {
            _ = try tensor.storage.crc32()
          }
        }
      }
    },
    Rule("a failed write leaves the old file and nothing else") { contract in
      let folder = try TemporaryFolder()
      let path = try folder.write([1, 2, 3], to: contract.fileName)
      let damaged = TensorStorage(ByteRegion([1, 2]), crc32: 7)
      var stateDict = try stateDict(["good"])
      stateDict.set(
        .string("bad"), to: .tensor(try Tensor(.uint8, shape: [2], storage: damaged)))
      let error = #expect(throws: CheckpointError.self) {
        try contract.write(Checkpoint(root: .dictionary(stateDict)), path)
      }
      #expect(error?.code == .checksumMismatch && error?.path == path)
      #expect(error?.name == "bad")
      #expect(try files(folder) == [contract.fileName: Data([1, 2, 3])])
    },
    Rule("an existing file is replaced only on request") { contract in
      let folder = try TemporaryFolder()
      let path = folder.file(contract.fileName)
      let checkpoint = Checkpoint(root: .dictionary(try stateDict(["a", "b", "c"])))
      try contract.write(checkpoint, path, existing: .refuse)
      let old = try files(folder)
      for name in old.keys {
        // Each of the files alone must prevent writing.
        let alone = try TemporaryFolder()
        _ = try alone.write([1, 2, 3], to: name)
        let error = #expect(throws: CheckpointError.self) {
          try contract.write(checkpoint, alone.file(contract.fileName), existing: .refuse)
        }
        #expect(error?.code == .fileExists && error?.path == alone.file(name))
        #expect(error?.advice?.description.contains("existing: .replace") == true)
        #expect(try files(alone) == [name: Data([1, 2, 3])])
        try contract.write(checkpoint, alone.file(contract.fileName), existing: .replace)
        // Files that are one whole take other names while the old ones have theirs.
        if try files(alone) != old {
          try contract.write(checkpoint, alone.file(contract.fileName), existing: .replace)
        }
        #expect(try files(alone) == old)
      }
    },
    Rule("a file that appears during writing is kept") { contract in
      let (folder, reference) = (try TemporaryFolder(), try TemporaryFolder())
      try contract.write(
        Checkpoint(root: .dictionary(try stateDict(["a", "b", "c"]))),
        reference.file(contract.fileName))
      for name in reference.contents {
        var stateDict = try stateDict(["a", "b", "c"])
        let path = folder.file(name)
        let late = TensorStorage(computing: 24) { _ in
          try? Data([1, 2, 3]).write(to: URL(filePath: path))
        }
        stateDict.set(.string("c"), to: .tensor(try Tensor(.uint8, shape: [24], storage: late)))
        let error = #expect(throws: CheckpointError.self) {
          try contract.write(
            Checkpoint(root: .dictionary(stateDict)), folder.file(contract.fileName),
            existing: .refuse)
        }
        #expect(error?.code == .fileExists && error?.path == path, "\(name)")
        #expect(try files(folder) == [name: Data([1, 2, 3])])
        try FileManager.default.removeItem(atPath: path)
      }
    },
    Rule("a missing folder is named in the error") { contract in
      let path = "\(try TemporaryFolder().path)/no/\(contract.fileName)"
      let error = #expect(throws: CheckpointError.self) {
        try contract.write(Checkpoint(root: .dictionary(try stateDict(["a"]))), path)
      }
      #expect(error?.code == .system && error?.path == path)
    },
    Rule("a file can be written over itself") { contract in
      let folder = try TemporaryFolder()
      let path = folder.file(contract.fileName)
      try contract.write(try everything(contract), path)
      let old = try files(folder)
      try contract.write(try contract.read(path), path)
      // See above.
      if try files(folder) != old { try contract.write(try contract.read(path), path) }
      #expect(try files(folder) == old)
    },
  ]

  /// A checkpoint with a value of every kind that the format holds.
  private static func everything(_ contract: FormatContract) throws -> Checkpoint {
    var root = try stateDict((0..<40).map { "layer\($0)" } + oddNames)
    for (index, value) in values.enumerated() {
      var more = root
      more.set(.string("value\(index)"), to: value)
      if contract.holdsAll(.dictionary(more)) { root = more }
    }
    for type in ScalarType.allCases {
      let value = CheckpointValue.tensor(try makeTensor(type))
      if contract.holdsAll(value) { root.set(.string(type.name), to: value) }
    }
    root.set(.string("tied"), to: root["layer3"] ?? .none)
    var described = root
    described.attributes = [("_metadata", mapping([(.string(""), .int(1))], .orderedDict))]
    if contract.holdsAll(.dictionary(described)) { root = described }
    return Checkpoint(root: .dictionary(root), history: contract.keepsHistory ? [["a": 1]] : [])
  }
}

import DBNTensors
import DBNTestSupport
import Synchronization
import Testing

extension FormatContract {
  static let optionRules: [Rule] = [
    Rule("a file is proven before it gets its name") { contract in
      // Shards have no single path that a proof could read.
      guard contract.options.shardByteCount == nil else { return }
      let folder = try TemporaryFolder()
      let path = folder.file(contract.fileName)
      let checkpoint = Checkpoint(root: .dictionary(try stateDict(["a", "b"])))
      let expected = try Expectation.tree(checkpoint.root)
      let proofs = Mutex(0)
      try contract.write(checkpoint, path) { options in
        options.proof = { finished throws(CheckpointError) in
          proofs.withLock { $0 += 1 }
          let found = try? Expectation.tree(contract.read(finished).root)
          guard found == expected, folder.contents.allSatisfy({ $0.hasPrefix(".") }) else {
            throw CheckpointError(.cannotBeWritten, "the finished file can't be read")
          }
        }
      }
      #expect(proofs.withLock { $0 } == 1)
    },
    Rule("a failed proof leaves no file") { contract in
      let folder = try TemporaryFolder()
      let path = folder.file(contract.fileName)
      let error = #expect(throws: CheckpointError.self) {
        try contract.write(Checkpoint(root: .dictionary(try stateDict(["a"]))), path) { options in
          options.proof = { _ throws(CheckpointError) in
            throw CheckpointError(.cannotBeWritten, "no")
          }
        }
      }
      #expect(error?.code == .cannotBeWritten && error?.path == path)
      #expect(folder.contents.isEmpty)
    },
    Rule("every writing option is applied or refused") { contract in
      let checkpoint = Checkpoint(root: .dictionary(try stateDict(["a", "b"])))
      let changes: [@Sendable (inout WritingOptions) -> Void] = [
        { $0.compression = .gzip(level: 1) }, { $0.shardByteCount = 1 << 20 },
        { $0.compression = .gzip(level: 0) }, { $0.shardByteCount = 0 },
      ]
      for (index, change) in changes.enumerated() {
        let folder = try TemporaryFolder()
        let path = folder.file(contract.fileName)
        do {
          try contract.write(checkpoint, path, change)
          #expect(index < 2, "an option without a meaning is refused")
          #expect(
            try Expectation.tree(contract.read(path).root) == Expectation.tree(checkpoint.root))
        } catch let error as CheckpointError {
          #expect(error.code == .cannotBeWritten && error.path == path)
          #expect(folder.contents.isEmpty)
        }
      }
    },
    Rule("progress is reported for every byte of the tensors") { contract in
      let folder = try TemporaryFolder()
      let checkpoint = Checkpoint(root: .dictionary(try stateDict(["a", "b", "c"])))
      let count = Mutex(0)
      try contract.write(checkpoint, folder.file(contract.fileName)) { options in
        options.progress = { bytes in count.withLock { $0 += bytes } }
      }
      // Compressed tensors may count more or fewer bytes; otherwise none may be missing.
      let isCompressed = contract.options.compression != nil
      #expect(count.withLock { $0 } >= (isCompressed ? 1 : checkpoint.tensorByteCount))
    },
  ]
}

internal import Tensors

/// Named tensors and text, of one file or of several shards, on their way to a checkpoint.
struct SafetensorsContent {
  /// The key of the metadata under which the record of a checkpoint stands.
  static let recordName = "dbn-checkpoint"
  /// The metadata by which loaders know that a file is of PyTorch's tensors. It is understood, and
  /// no part of a checkpoint.
  static let format = (name: "format", text: "pt")
  /// The attribute that keeps the metadata of a file that another program wrote.
  static let metadataAttribute = "__metadata__"

  private var tensors = CheckpointDictionary(.orderedDict)
  private var record: String?
  private var metadata = CheckpointDictionary()
  private var notes: [String]

  init(metadata: [(name: String, text: String)], notes: [String]) {
    self.notes = notes
    for (name, text) in metadata { add(name, text) }
  }

  /// Adds what a shard says of itself; where shards disagree, the first one holds.
  mutating func add(_ name: String, _ text: String) {
    if name.isIdentical(to: Self.recordName) {
      record = text
    } else if !(name.isIdentical(to: Self.format.name) && text.isIdentical(to: Self.format.text)) {
      guard case .string(let first)? = metadata[name] else {
        return metadata.set(.string(name), to: .string(text))
      }
      guard !first.isIdentical(to: text) else { return }
      notes.append("shards disagree about the metadata '\(name.visible())': the first one is kept")
    }
  }

  mutating func reserveCapacity(_ count: Int) {
    tensors.reserveCapacity(count)
  }

  mutating func note(_ note: String) {
    notes.append(note)
  }

  mutating func add(
    _ entry: SafetensorsHeader.Entry, in data: ByteRegion
  ) throws(CheckpointError) {
    tensors.set(.string(entry.name), to: .tensor(try entry.tensor(in: data)))
  }

  /// The checkpoint that was recorded, or the tensors as one state dict.
  consuming func checkpoint() throws(CheckpointError) -> Checkpoint {
    var checkpoint: Checkpoint
    if let record {
      do throws(CheckpointError) {
        checkpoint = try CheckpointRecord(record).checkpoint(of: tensors)
      } catch  where error.code == .disagreement {
        notes.append(
          "\(error.reason): another program has edited the file; only its tensors are read, by the "
            + "names they have")
        checkpoint = Checkpoint(root: .dictionary(tensors))
      }
    } else {
      checkpoint = Checkpoint(root: .dictionary(tensors))
    }
    addMetadata(to: &checkpoint)
    checkpoint.notes = notes
    return checkpoint
  }

  private mutating func addMetadata(to checkpoint: inout Checkpoint) {
    guard !metadata.entries.isEmpty else { return }
    guard var root = checkpoint.root.dictionary,
      !root.attributes.contains(where: { $0.name.isIdentical(to: Self.metadataAttribute) })
    else {
      notes.append("\(metadata.entries.count) entries of the file's metadata are left out")
      return
    }
    root.attributes.append((Self.metadataAttribute, .dictionary(metadata)))
    checkpoint.root = .dictionary(root)
  }
}

extension CheckpointError.Code {
  /// The record and the tensors do not belong together; never leaves this module.
  static let disagreement = Self("safetensors-disagreement")
}

extension SafetensorsHeader.Entry {
  /// The tensor, its bytes borrowed.
  fileprivate func tensor(in data: ByteRegion) throws(CheckpointError) -> Tensor {
    do throws(CheckpointError) {
      let storage = TensorStorage(try data.slice(from: start, count: end - start))
      return try Tensor(scalarType(), shape: tensorShape(), storage: storage)
    } catch {
      throw error.with(name: name)
    }
  }

  private func scalarType() throws(CheckpointError) -> ScalarType {
    guard let scalarType = type.scalarType else {
      throw CheckpointError(
        .unsupportedScalarType, "is of type \(type.rawValue), which PyTorch does not have")
    }
    return scalarType
  }

  /// PyTorch counts pairs of 4-bit floats, the format counts each.
  private func tensorShape() throws(CheckpointError) -> [Int] {
    guard type == .float4 else { return shape }
    guard let last = shape.last, last % 2 == 0 else {
      throw CheckpointError(
        .unsupportedScalarType, "F4 \(shape) has rows that do not fill their last byte")
    }
    return shape.dropLast() + [last / 2]
  }
}

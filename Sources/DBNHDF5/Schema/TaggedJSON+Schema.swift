internal import DBNTensors

extension TaggedJSON {
  /// The encoding for attributes of mappings, such as the `_metadata` of a state dict. The schema
  /// can't store tensors there.
  static var schema: TaggedJSON {
    TaggedJSON(
      json: { _, name throws(CheckpointError) in
        throw CheckpointError(
          .cannotBeWritten, name: name,
          "a tensor is among the attributes of a mapping, where "
            + "HDF5 files of this schema can't hold one",
          advice: "keep it as an entry of the mapping")
      },
      tensor: { _, name throws(CheckpointError) in throw invalidAttributes(name) },
      invalid: invalidAttributes)
  }
}

private func invalidAttributes(_ name: String) -> CheckpointError {
  CheckpointError(
    .schemaViolation, name: name,
    "the JSON in its attribute `attributes` is not of the form "
      + "that the schema describes", advice: "see docs/hdf5-schema.md, or remove the attribute")
}

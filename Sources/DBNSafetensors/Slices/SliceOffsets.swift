internal import DBNTensors

/// The offsets of a file's slices, as its metadata gives them: a JSON object such as
/// `{"weight": {"saved_offsets": [4, 0]}}`.
///
/// Source: `torch/distributed/checkpoint/_hf_utils.py`.
struct SliceOffsets {
  private var names = NameTable()
  /// The entries, by the indices of the names.
  private var entries: [JSON] = []

  /// - Throws: `invalidJSON`.
  init(parsing text: String) throws(CheckpointError) {
    let members: [JSON.Member]
    do throws(CheckpointError) {
      members = try JSON(parsing: ByteRegion(Array(text.utf8))).members ?? []
    } catch {
      var error = error.with(name: SafetensorsCheckpoint.shardingInfo)
      error.offset = nil  // Counted in the text, not in the file.
      error.advice = "the file is damaged; get it again"
      throw error
    }
    entries.reserveCapacity(members.count)
    for member in members where names.add(member.name) { entries.append(member.value) }
  }

  /// The offsets of a tensor's slice, one for each dimension.
  func offsets(of name: String, count: Int) throws(CheckpointError) -> [Int] {
    let entry = names.place(of: name).map { entries[$0] }
    let offsets = entry?["saved_offsets"]?.array?.compactMap(\.int)
    guard let offsets, offsets.count == count, offsets.allSatisfy({ $0 >= 0 }) else {
      throw CheckpointError(
        .safetensorsSlices, name: name,
        "\(SafetensorsCheckpoint.shardingInfo) in the metadata does not give its \(count) offsets",
        advice: "the file is damaged; get it again")
    }
    return offsets
  }
}

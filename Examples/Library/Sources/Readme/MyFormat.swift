import DBNConvert

/// A format of the program's own: a line of text for each number, `scale 0.5`.
struct MyFormat: CheckpointFormat {
  let name = "mine"
  let extensions = ["mine"]

  func probe(_ file: SourceFile) -> String? {
    guard file.path.hasSuffix(".mine") else { return nil }
    var reader = ByteReader(file.bytes)
    return try? reader.readString(count: file.bytes.count)
  }

  func read(
    _ text: consuming String, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    var stateDict = StateDict()
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let number = Float(words[1]) else {
        throw CheckpointError(
          .invalidText, "'\(line)' is not a name and a number", advice: "write one of each")
      }
      stateDict[String(words[0])] = try Tensor(elements: [number], shape: [])
    }
    return Checkpoint(root: .dictionary(stateDict.dictionary))
  }
}

import DBNTensors
import DBNTestSupport
import Foundation
import Testing

extension FormatContract {
  /// Writes and reads the value and compares, if the format holds it; otherwise expects a refusal.
  func expectSurvival(
    _ root: CheckpointValue, history: [JSON] = [],
    settings: BatchNormSettingsTable = BatchNormSettingsTable(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder.file(fileName)
    let checkpoint = Checkpoint(root: root, history: history, batchNormSettings: settings)
    guard holdsCheckpoint(root) else {
      let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
        try write(checkpoint, path)
      }
      #expect(error?.code == .cannotBeWritten, sourceLocation: sourceLocation)
      #expect(folder.contents.isEmpty, sourceLocation: sourceLocation)
      return
    }
    try write(checkpoint, path)
    let found = try read(path)
    #expect(
      try Expectation.tree(found.root) == Expectation.tree(root), sourceLocation: sourceLocation)
    #expect(
      Self.bitsOfNaNs(found.root) == Self.bitsOfNaNs(root), sourceLocation: sourceLocation)
    if keepsTies {
      #expect(Self.ties(found.root) == Self.ties(root), sourceLocation: sourceLocation)
    }
    #expect(found.history == (keepsHistory ? history : []), sourceLocation: sourceLocation)
    #expect(
      found.batchNormSettings == (keepsHistory ? settings : BatchNormSettingsTable()),
      sourceLocation: sourceLocation)
    #expect(found.notes.isEmpty, sourceLocation: sourceLocation)
  }

  /// For each tensor of the tree, including attributes, the index of the first tensor that it is
  /// tied to.
  static func ties(_ value: CheckpointValue) -> [Int] {
    var first: [TiedTensor: Int] = [:]
    return allValues(value).compactMap(\.tensor).enumerated().map { index, tensor in
      let identity = TiedTensor(tensor)
      first[identity] = first[identity] ?? index
      return first[identity] ?? index
    }
  }

  /// The bit patterns of all NaNs: an expectation, which Python reads too, has only one NaN.
  private static func bitsOfNaNs(_ value: CheckpointValue) -> [UInt64] {
    allValues(value).flatMap { value -> [Double] in
      switch value {
      case .float(let number): [number]
      case .complex(let real, let imaginary): [real, imaginary]
      default: []
      }
    }.filter(\.isNaN).map(\.bitPattern)
  }

  private static func allValues(_ value: CheckpointValue) -> [CheckpointValue] {
    let entries = value.dictionary?.entries.map(\.value) ?? []
    let attributes = value.dictionary?.attributes.map(\.value) ?? []
    return [value] + ((value.elements ?? []) + entries + attributes).flatMap(allValues)
  }

  /// The bytes of every file in a folder, by name.
  static func files(_ folder: TemporaryFolder) throws -> [String: Data] {
    try Dictionary(
      uniqueKeysWithValues: folder.contents.map {
        ($0, try Data(contentsOf: URL(filePath: folder.file($0))))
      })
  }
}

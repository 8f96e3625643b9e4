import DBNCheckpointFormatContract
import DBNCheckpointFormats
@testable import DBNNumPy
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Archives and arrays that are written: as NumPy writes them, with everything else refused or
/// reported.
struct WritingTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: FormatContract.rules)
  func theContractHolds(rule: FormatContract.Rule) throws {
    try rule.check(
      FormatContract(
        of: NumPyFormat(), holds: Self.holds,
        holdsAsRoot: { $0.dictionary?.entries.isEmpty == false }, keepsHistory: false,
        keepsTies: false))
  }

  /// An ordered mapping of names to plain tensors of NumPy's types, or such a tensor.
  private static func holds(_ value: CheckpointValue) -> Bool {
    if let tensor = value.tensor {
      return tensor.kind == .tensor && !tensor.requiresGrad && tensor.shape.count <= 64
        && NumPyType.text(for: tensor.scalarType) != nil
    }
    guard let dictionary = value.dictionary else { return false }
    return dictionary.kind == .orderedDict && dictionary.attributes.isEmpty
      && dictionary.entries.allSatisfy { entry in
        (entry.key.string?.utf8.count ?? .max) < 60_000
          && entry.value.tensor.map { holds(.tensor($0)) } ?? false
      }
  }

  @Test func anArrayHasTheBytesThatNumPyWrote() throws {
    let original = Fixture("npz/single").file("arrays.npy")
    let path = folder.file("single.npy")
    try NumPyFormat().write(NumPyFormat().read(original), to: path)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: original)))
  }

  @Test func everyArrayOfAnArchiveHasTheBytesThatNumPyWrote() throws {
    let original = Fixture("npz/arrays").file("arrays.npz")
    let path = folder.file("arrays.npz")
    let checkpoint = try NumPyFormat().read(original)
    try NumPyFormat().write(checkpoint, to: path)
    let back = try NumPyFormat().read(path)
    #expect(try Expectation.tree(back.root) == Expectation.tree(checkpoint.root))
  }

  @Test func whatNumPyCannotHoldIsNamedOrLeftOut() throws {
    var stateDict = CheckpointDictionary(.orderedDict)
    let weight = try Tensor(elements: [1 as Float, 2], shape: [2])
    stateDict.set(.string("weight"), to: .tensor(weight))
    stateDict.set(.string("tied"), to: .tensor(weight))
    stateDict.set(.string("epoch"), to: .int(3))
    stateDict.set(
      .string("half"),
      to: .tensor(try Tensor(.bfloat16, shape: [1], storage: TensorStorage([0, 1]))))
    stateDict.attributes = [("_metadata", .dictionary(CheckpointDictionary(.orderedDict)))]
    let checkpoint = Checkpoint(root: .dictionary(stateDict), history: ["once"])
    let path = folder.file("lossy.npz")
    let error = #expect(throws: CheckpointError.self) {
      try NumPyFormat().write(checkpoint, to: path)
    }
    #expect(error?.code == .cannotBeWritten && error?.name == "epoch")
    let losses = try NumPyFormat().write(
      checkpoint, to: path, options: WritingOptions(allowsLosses: true))
    #expect(losses.map(\.name) == ["tied", "epoch", "half", "_metadata", "history"])
    let names = try NumPyFormat().read(path).root.dictionary?.entries.map(\.key)
    #expect(names == [.string("weight"), .string("tied")])
  }

  @Test func `the advice is what works`() throws {
    var stateDict = CheckpointDictionary(.orderedDict)
    stateDict.set(.string("weight"), to: .tensor(try Tensor(elements: [1 as Float], shape: [1])))
    var plain = CheckpointDictionary(.dict)
    for entry in stateDict.entries { plain.set(entry.key, to: entry.value) }
    var training = stateDict
    training.set(.string("epoch"), to: .int(3))
    for (root, choices) in [
      (plain, [Choice.allowingLosses]), (training, [.stateDictOnly, .allowingLosses]),
    ] {
      let error = #expect(throws: CheckpointError.self) {
        try NumPyFormat().write(Checkpoint(root: .dictionary(root)), to: folder.file("a.npz"))
      }
      #expect(error?.advice?.choices == choices)
    }
  }

  @Test(arguments: ["several.npy", "nothing.npz", "number.npy", "number.npz"])
  func aFileThatCannotHoldTheRootIsRefused(name: String) throws {
    let number = name.hasPrefix("number")
    var stateDict = CheckpointDictionary(.orderedDict)
    if !name.hasPrefix("nothing") {
      stateDict.set(.string("a"), to: .tensor(try Tensor(elements: [1 as Float], shape: [1])))
    }
    let checkpoint = Checkpoint(root: number ? .int(1) : .dictionary(stateDict))
    let path = folder.file(name)
    for allowsLosses in [false, true] {
      let error = #expect(throws: CheckpointError.self) {
        try NumPyFormat().write(
          checkpoint, to: path, options: WritingOptions(allowsLosses: allowsLosses))
      }
      #expect(error?.code == .cannotBeWritten)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}

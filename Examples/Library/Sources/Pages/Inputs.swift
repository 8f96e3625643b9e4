import DBNConvert
import Foundation
import Models

/// A state dict of the shapes that the model has, every number the same.
func constants(of model: Graph) throws -> StateDict {
  var stateDict = StateDict()
  for parameter in model.parameters {
    let count = parameter.shape.reduce(1, *)
    stateDict[parameter.key] =
      parameter.key.hasSuffix("num_batches_tracked")
      ? try Tensor([Int](repeating: 5, count: count), shape: parameter.shape)
      : try Tensor(elements: [Float](repeating: 0.01, count: count), shape: parameter.shape)
  }
  return stateDict
}

/// The files that the pages' code opens: each page finds them in a folder of its own.
struct Inputs {
  private let folder: URL
  private var source: URL { folder.appending(path: "inputs") }

  /// Makes the files.
  init(fixtures: String) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pages-\(getpid())")
    try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
    for name in ["model.pt2", "test.npz"] {
      try FileManager.default.copyItem(
        at: URL(filePath: fixtures).appending(path: name), to: source.appending(path: name))
    }
    let model = try constants(of: ResNet.resnet50())
    try write(model, to: "\(Models.name).pth")
    var parallel = model
    for name in model.names { try parallel.rename(name, to: "module.\(name)") }
    try write(parallel, to: "parallel.pth")
    for rank in 0..<2 { try write(model, to: "rank-\(rank).pth") }
    try Data("scale 0.5\nshift 0.25\n".utf8).write(to: source.appending(path: "weights.mine"))
  }

  private func write(_ stateDict: StateDict, to name: String) throws {
    try Checkpoint(root: .dictionary(stateDict.dictionary))
      .write(to: source.appending(path: name).path)
  }

  /// Makes a new folder with the files the current one.
  func enterFolder(for page: String) throws {
    let name = page.replacingOccurrences(of: "/", with: "-")
    let own = folder.appending(path: name)
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path) {
      try FileManager.default.createSymbolicLink(
        at: own.appending(path: file), withDestinationURL: source.appending(path: file))
    }
    guard FileManager.default.changeCurrentDirectoryPath(own.path) else {
      throw CheckpointError(.system, path: own.path, "cannot become the current folder")
    }
  }

  /// Throws unless a page has written a file of this name.
  func check(_ name: String) throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let isThere = folders.contains {
      FileManager.default.fileExists(atPath: folder.appending(path: "\($0)/\(name)").path)
    }
    guard isThere else { throw CheckpointError(.system, path: name, "was not written") }
  }

  /// Removes the files and what the pages have written.
  func remove() {
    try? FileManager.default.removeItem(at: folder)
  }
}

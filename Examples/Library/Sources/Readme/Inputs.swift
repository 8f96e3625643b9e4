import DBNConvert
import Foundation
import Models
import Reports
import Zip

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

/// The files that the README's code opens, in a folder that becomes the current one.
func makeInputs(fixtures: String) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "readme-\(getpid())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  for name in ["model.pt2", "test.npz"] {
    try FileManager.default.copyItem(
      at: URL(filePath: fixtures).appending(path: name), to: folder.appending(path: name))
  }
  guard FileManager.default.changeCurrentDirectoryPath(folder.path) else {
    throw CheckpointError(.system, path: folder.path, "cannot become the current folder")
  }
  var model = try constants(of: ResNet.resnet50())
  try Checkpoint(root: .dictionary(model.dictionary)).write(to: "\(Models.name).pth")
  for name in model.names { try model.rename(name, to: "module.\(name)") }
  try Checkpoint(root: .dictionary(model.dictionary)).write(to: "parallel.pth")
  try Data("scale 0.5\nshift 0.25\n".utf8).write(to: URL(filePath: "weights.mine"))
}

/// What the README's code must have left, and removes it.
func checkOutputs() throws {
  for (name, isThere) in Zip.pairs(
    [Reports.page, "mine.h5", "small.h5", "resnet50-half.h5"], [true, true, true, true])
  where FileManager.default.fileExists(atPath: name) != isThere {
    throw CheckpointError(.system, path: name, "was not written")
  }
  try FileManager.default.removeItem(atPath: FileManager.default.currentDirectoryPath)
}

import DBNCheckpoints
public import DBNModels
public import DBNTensors
import DBNVerification

extension Graph {
  /// The model's inputs from a file: tensors by name. For a single input also the file's only tensor,
  /// or the one that is called as samples are, `x` or `images`.
  ///
  /// - Parameter options: those of the model's checkpoint, of which only the limits count.
  /// - Throws: `missingOperand` for an input that the file does not have.
  public func inputs(
    from path: String, reading options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> [String: DenseArray] {
    let file = try Checkpoint.open(path, options: options.besideTheModel)
    let given = file.root.tensor == nil ? try file.stateDict() : StateDict()
    let only =
      file.root.tensor ?? (given.count == 1 ? given.first?.tensor : nil)
      ?? SampleData.inputNames.lazy.compactMap { given[$0] }.first
    var arrays: [String: DenseArray] = [:]
    for input in inputs {
      let names = inputs.map(\.name).joined(separator: ", ")
      guard let tensor = given[input.name] ?? (inputs.count == 1 ? only : nil) else {
        throw CheckpointError(
          .missingOperand, path: path, name: input.name,
          "there is no tensor for this input of the model",
          advice: "name the tensors after the model's inputs: \(names)")
      }
      do throws(CheckpointError) {
        arrays[input.name] = try DenseArray(tensor)
      } catch {
        throw error.with(path: path, name: input.name)
      }
    }
    return arrays
  }
}

import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// A case of `Fixtures/batchnorm`: a module, its inputs, and what PyTorch made of them.
struct DistributedCase: Sendable, CustomTestStringConvertible {
  private let json: JSON

  /// All of them, those with an error or those without.
  static func all(failing: Bool) -> [DistributedCase] {
    let bytes = (try? Fixture("batchnorm").bytes("cases.json")) ?? []
    let cases = (try? JSON(parsing: ByteRegion(bytes)))?.array ?? []
    return cases.map(DistributedCase.init).filter { $0.isFailing == failing }
  }

  private init(_ json: JSON) {
    self.json = json
  }

  var testDescription: String { name }
  var name: String { json["name"]?.string ?? "" }
  var shape: [Int] { json["shape"]?.array?.compactMap(\.int) ?? [] }
  private var isFailing: Bool { json["error"]?.string != nil }

  /// Made by the generator of the right dimension.
  var norm: NormModule {
    get throws {
      switch json["dimensions"]?.int {
      case 1: try generator(of: DistributedBatchNorm1d.self)
      case 2: try generator(of: DistributedBatchNorm2d.self)
      default: try generator(of: DistributedBatchNorm3d.self)
      }
    }
  }

  private func generator<let dimensions: Int>(
    of type: DistributedBatchNorm<dimensions>.Type
  ) throws -> NormModule {
    let layout: BatchNormLayout =
      json["layout"]?.string == "replicated" ? .replicated : .firstDevice
    let generator = try DistributedBatchNorm<dimensions>(
      virtualWorldSize: try #require(json["world_size"]?.int),
      accumulationSteps: try #require(json["accumulation_steps"]?.int),
      eps: try #require(json["eps"]?.number), momentum: json["momentum"]?.number,
      affine: json["affine"] == .bool(true),
      trackRunningStats: json["track_running_stats"] == .bool(true),
      layout: json["slices"]?.string == "interleaved" ? layout.interleaved : layout)
    return generator(numFeatures: 3)
  }

  /// The module with the fixture's parameters, as a state dict of this scalar type has them.
  func module(_ scalarType: ScalarType) throws -> BatchNormModule {
    let norm = try norm
    var stateDict = StateDict()
    for (quantity, last, shape) in norm.tensors {
      let key = "\(name).\(last)"
      if quantity == .numBatchesTracked {
        let count = shape.reduce(1, *)
        stateDict[key] = try Tensor((0..<count).map { 3 + $0 }, shape: shape)
      } else {
        let tensor = try Formula.tensor(key, shape)
        stateDict[key] = try Tensor(rounding: tensor.doubles(), to: scalarType, shape: shape)
      }
    }
    return try BatchNormModule(norm, named: name, in: stateDict)
  }

  /// 0 or 1.
  func input(_ index: Int, _ scalarType: ScalarType) throws -> Tensor {
    let noise = try Formula.tensor("\(name).input\(index)", shape).doubles()
    return try Tensor(rounding: noise.map { 1 + 3 * $0 }, to: scalarType, shape: shape)
  }

  /// The largest difference from what PyTorch gave, relative to the largest of that.
  func error(of values: [Double], in tensor: String, _ scalarType: ScalarType) throws -> Double {
    let recorded = scalarType == .float64 ? Self.float64 : Self.float32
    let expected = try #require(recorded["\(name).\(tensor)"]).doubles()
    try #require(values.count == expected.count)
    let scale = expected.map(abs).max() ?? 1
    return zip(values, expected).map { abs($0 - $1) }.reduce(0, max) / scale
  }

  private static let float64 = read("float64.pth")
  private static let float32 = read("float32.pth")

  private static func read(_ file: String) -> StateDict {
    let path = Fixture("batchnorm").file(file)
    let checkpoint = try? TorchCheckpoint.read(MappedFile.open(path))
    return (try? checkpoint?.stateDict()) ?? StateDict()
  }
}

extension JSON {
  fileprivate var number: Double? {
    guard case .double(let number) = self else { return nil }
    return number
  }
}

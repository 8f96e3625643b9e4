public import Tensors

/// One BatchNorm found in a state dict: where it stands and how it keeps its state.
public struct BatchNormSite: Sendable {
  /// The module's name, `layer1.0.bn1`; empty when the whole state dict is one BatchNorm.
  public let name: String
  public let layout: BatchNormLayout
  /// C.
  public let features: Int
  /// V; 1 in layouts that don't distinguish devices.
  public let worldSize: Int
  /// Whether it has `weight` and `bias`.
  public let isAffine: Bool
  /// Whether it has `num_batches_tracked`, which state dicts of version 1 lack.
  public let hasCounter: Bool

  /// The key of one of its tensors: `running_mean`, `weight` ...
  public func key(_ tensor: String) -> String { name.isEmpty ? tensor : "\(name).\(tensor)" }

  /// The keys whose shape depends on the layout, in no particular order.
  public var bufferKeys: [String] {
    [key("running_mean"), key("running_var")] + (hasCounter ? [key("num_batches_tracked")] : [])
  }

  /// Whether a tensor of this name is the buffer of a BatchNorm, by its last part.
  public static func namesBuffer(_ name: String) -> Bool {
    let last = name.split(whereSeparator: { $0 == "." || $0 == "/" }).last ?? ""
    return ["running_mean", "running_var", "num_batches_tracked"].contains(last)
  }
}

/// The BatchNorms of a state dict, in its order, and what looks like one but can't be read as one.
public struct BatchNormSurvey: Sendable {
  public private(set) var sites: [BatchNormSite] = []
  public private(set) var unrecognised: [ConversionReport.Item] = []

  /// A BatchNorm is a module with `running_mean` and `running_var`. InstanceNorm with running
  /// statistics has the same names and can't be told apart by them.
  public init(_ stateDict: StateDict) {
    for key in stateDict.names {
      guard let name = key.moduleName(of: "running_mean") else { continue }
      do throws(CheckpointError) {
        if let site = try BatchNormSite.find(name, in: stateDict) { sites.append(site) }
      } catch {
        unrecognised.append(ConversionReport.Item(name, error.reason))
      }
    }
  }
}

extension BatchNormSite {
  /// The BatchNorm of this name, if the state dict has its `running_mean`.
  ///
  /// - Throws: `unexpectedLayout` when its tensors don't fit each other.
  package static func find(
    _ name: String, in stateDict: StateDict
  ) throws(CheckpointError) -> BatchNormSite? {
    let tensor = { (last: String) in stateDict[name.isEmpty ? last : "\(name).\(last)"] }
    guard let mean = tensor("running_mean") else { return nil }
    guard let found = BatchNormLayout.recognise(statisticShape: mean.shape) else {
      throw .unrecognised(name, "running_mean has the shape \(mean.shape)")
    }
    guard let variance = tensor("running_var") else {
      throw .unrecognised(name, "running_var is missing")
    }
    guard variance.shape == mean.shape, variance.scalarType == mean.scalarType else {
      throw .unrecognised(
        name,
        "running_mean is \(mean.scalarType.name) \(mean.shape), running_var is "
          + "\(variance.scalarType.name) \(variance.shape)")
    }
    for parameter in ["weight", "bias"] {
      if let shape = tensor(parameter)?.shape, shape != [found.features] {
        throw .unrecognised(
          name, "\(parameter) has the shape \(shape) beside \(found.features) features")
      }
    }
    let counter = tensor("num_batches_tracked")
    let counterShape = found.layout.counterShape(worldSize: found.worldSize)
    if let shape = counter?.shape, shape != counterShape {
      throw .unrecognised(
        name, "num_batches_tracked has the shape \(shape) where \(counterShape) is expected")
    }
    return BatchNormSite(
      name: name, layout: found.layout, features: found.features, worldSize: found.worldSize,
      isAffine: tensor("weight") != nil, hasCounter: counter != nil)
  }
}

extension CheckpointError {
  fileprivate static func unrecognised(_ name: String, _ reason: String) -> CheckpointError {
    CheckpointError(.unexpectedLayout, name: name, reason)
  }
}

extension String {
  /// `bn1` for `bn1.running_mean`, the empty name for `running_mean`, nil for other keys.
  fileprivate func moduleName(of tensor: String) -> String? {
    if self == tensor { return "" }
    return hasSuffix("." + tensor) ? String(dropLast(tensor.count + 1)) : nil
  }
}

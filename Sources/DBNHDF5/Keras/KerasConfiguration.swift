internal import DBNTensors

/// The layers of a Keras model from its configuration: the attribute `model_config` of an `.h5`
/// file, or `config.json` of Keras 3.
///
/// Only the values that are needed are kept, because the text may have megabytes.
///
/// Source: `keras/src/models/functional.py`, `keras/src/models/sequential.py` (`get_config`).
struct KerasConfiguration {
  /// A layer, or a model used as a layer.
  struct Layer {
    /// The name, with Keras' slashes replaced by dots, as in keys.
    var name = ""
    /// The class: `Conv2D`; for a user-defined class, its name in the configuration.
    var className = ""
    /// Whether the class is user-defined, possibly with the name of one of Keras' classes.
    var isForeign = false
    /// For a normalisation: the number added to variances.
    var epsilon: Double?
    /// For a BatchNormalization: the momentum in Keras' convention.
    var momentum: Double?
    /// Whether a LayerNormalization only divides by the root of the mean square.
    var scalesByRootMeanSquare = false
    /// Whether a normalisation has a `gamma`.
    var hasScale = true
    /// Whether it has a `beta`.
    var hasCenter = true
    /// Whether it specifies the number of outputs of a layer with a kernel.
    var hasSize = false
    /// For a recurrent layer: the activations of the candidates and of the gates.
    var activation: String?
    var recurrentActivation: String?
    /// For a GRU: whether the reset gate applies after the multiplication.
    var resetsAfter: Bool?
    /// For a Bidirectional: how the two outputs are combined.
    var mergeMode: String?
    /// For a Reshape: the target shape without the batch.
    var targetShape: [Int] = []
    /// The input shape of a model or its first layer, with the batch; nil for a size that is not
    /// fixed.
    var inputShape: [Int?]?
    /// Whether a global pooling keeps spatial dimensions of size 1.
    var keepsDimensions = false
    /// In Keras 1: whether the axes of kernels have Theano's order.
    var hasTheanoKernel = false
    /// Whether channels come before the spatial dimensions.
    var isChannelsFirst = false
    /// The layers of a model, or the layer inside a wrapper such as `TimeDistributed`.
    var children = Children()
    /// The names of the layers whose outputs are its inputs.
    var sources: [String] = []
  }

  /// Layers in order.
  struct Children {
    private(set) var layers: [Layer] = []
    private var indices: [CheckpointDictionary.Key: Int] = [:]
    private var groups: [CheckpointDictionary.Key: Int] = [:]
    /// The names of the layers' groups in a file of weights.
    private(set) var groupNames: [String] = []
    /// The number of layers of each class.
    private var counts: [String: Int] = [:]

    mutating func append(_ layer: Layer) {
      indices[.string(layer.name)] = indices[.string(layer.name)] ?? layers.count
      let className = layer.className.split(separator: ">").last.map(String.init) ?? ""
      let group = KerasClass.snakeCase(className)
      let count = counts[group, default: 0]
      let groupName = count == 0 ? group : "\(group)_\(count)"
      groups[.string(groupName)] = layers.count
      groupNames.append(groupName)
      counts[group] = count + 1
      layers.append(layer)
    }

    /// The layer with this group name in a file of weights.
    func layer(ofGroup name: String) -> Layer? { groups[.string(name)].map { layers[$0] } }

    subscript(name: String) -> Layer? { index(of: name).map { layers[$0] } }

    func index(of name: String) -> Int? { indices[.string(name)] }
  }

  /// The whole model.
  let model: Layer

  /// The attribute's name in an `.h5` file, and in a state dict that was read from one.
  static let attribute = "model_config"

  /// The longest text that is read. The largest models of `keras.applications` have under one
  /// megabyte.
  static let byteLimit = 16 << 20

  /// - Throws: `invalidJSON`, `limitExceeded`.
  init(parsing text: String) throws(CheckpointError) {
    guard text.utf8.count <= Self.byteLimit else {
      throw CheckpointError(.limitExceeded, "it has more than \(Self.byteLimit) bytes")
    }
    var parser = JSONParser(ByteRegion(Array(text.utf8)), roundsLargeIntegers: true)
    parser.skipSpace()
    guard parser.isAtObject else { throw parser.error("a model is an object") }
    model = try parser.parseLayer(depth: 0)
    try parser.expectEnd()
    guard !model.children.layers.isEmpty else {
      throw CheckpointError(
        .invalidJSON, "it lists no layers, as that of a model with a class of its own")
    }
  }

  /// The layer at a path of names, and how many of the names lead to it; the remaining names are
  /// inside a layer whose parts the configuration does not list.
  func layer(at path: [String]) -> (layer: Layer, depth: Int)? {
    var (found, depth): (Layer?, Int) = (nil, 0)
    while depth < path.count, let next = Self.child(of: found ?? model, at: path[depth...]) {
      (found, depth) = (next.layer, depth + next.depth)
    }
    guard var found else { return nil }
    // Keras 2 gives a wrapper's variables the wrapper's own name.
    if depth == path.count, Self.wrappers.contains(found.className),
      let inner = found.children.layers.first, inner.children.layers.isEmpty
    {
      found = inner
    }
    return (found, depth)
  }

  /// The layer whose variables are in groups with these names in a file of weights, and the names
  /// of the layers on the way: in a list of layers, each group is named after its class, with a
  /// number after the first of a class.
  ///
  /// Source: `_save_container_state` in `keras/src/saving/saving_lib.py`.
  func layer(atGroups path: [String]) -> (layer: Layer, names: [String])? {
    var (found, names, depth) = (model, [String](), 0)
    while depth < path.count {
      if path[depth] == Self.wrappedLayer, let inner = found.children.layers.first {
        (found, depth) = (inner, depth + 1)
        names.append(Self.wrappedLayer)
      } else if path[depth] == KerasFile.layerList, depth + 1 < path.count,
        let next = found.children.layer(ofGroup: path[depth + 1])
      {
        (found, depth) = (next, depth + 2)
        names.append(next.name)
      } else {
        return nil
      }
    }
    return path.isEmpty ? nil : (found, names)
  }

  /// The group of the layer inside a wrapper.
  private static let wrappedLayer = "layer"

  /// The keys of a file that numbers variables in the order of the layers; empty for other files.
  func order(of keys: [String]) -> [String] {
    var keysByLayer: [String: [String]] = [:]
    for key in keys {
      guard let variable = KerasLayer.VariableKey(of: key), variable.isNumbered else { continue }
      keysByLayer[variable.groups.joined(separator: "."), default: []].append(key)
    }
    return keysByLayer.isEmpty
      ? [] : Self.groups(of: model.children, in: "").flatMap { keysByLayer[$0] ?? [] }
  }

  /// The keys of all layers inside one; recurses as deep as the configuration, which is limited.
  private static func groups(of children: Children, in outer: String) -> [String] {
    zip(children.layers, children.groupNames).flatMap { layer, name in
      let key = "\(outer)\(KerasFile.layerList).\(name)"
      guard wrappers.contains(layer.className) else {
        return [key] + groups(of: layer.children, in: "\(key).")
      }
      let inner = "\(key).\(wrappedLayer)"
      return [inner]
        + (layer.children.layers.first.map { groups(of: $0.children, in: "\(inner).") } ?? [])
    }
  }

  /// The layer inside another whose name, which may contain dots, is at the start of the path.
  private static func child(
    of layer: Layer, at path: ArraySlice<String>
  ) -> (layer: Layer, depth: Int)? {
    var name = ""
    for (index, part) in path.prefix(8).enumerated() {
      name += index == 0 ? part : ".\(part)"
      if let child = layer.children[name] { return (child, index + 1) }
    }
    // The wrapped layer may not be named in the path.
    guard wrappers.contains(layer.className), let inner = layer.children.layers.first,
      !inner.children.layers.isEmpty
    else { return nil }
    return child(of: inner, at: path)
  }

  /// The wrappers whose variables are those of the wrapped layer, with the same meaning.
  private static let wrappers: Set<String> = ["TimeDistributed"]
}

extension JSONParser {
  /// Parses a layer: `{"class_name": ..., "config": {...}, "inbound_nodes": [...]}`.
  ///
  /// - Parameter depth: how many layers it is nested in.
  fileprivate mutating func parseLayer(
    depth: Int
  ) throws(CheckpointError) -> KerasConfiguration.Layer {
    guard depth <= CheckpointLimits.depth else { throw error("models are nested too deep") }
    var layer = KerasConfiguration.Layer()
    var registeredName: String?
    var module: String?
    try parseObject { parser, name throws(CheckpointError) in
      switch name {
      case "class_name" where parser.isAtString:
        layer.className = try parser.parseValue().string ?? ""
      case "registered_name" where parser.isAtString:
        registeredName = try parser.parseValue().string
      case "module" where parser.isAtString: module = try parser.parseValue().string
      case "config" where parser.isAtObject: try parser.parseConfiguration(of: &layer, depth)
      // Sequential models of Keras before 2.2.
      case "config" where parser.isAtArray: try parser.parseLayers(of: &layer, depth)
      case "inbound_nodes": layer.sources = try parser.parseValue().layerNames
      default: try parser.skipValue()
      }
    }
    // A user-defined class may have the name of one of Keras' classes.
    if let registeredName, registeredName.contains(">") { layer.className = registeredName }
    layer.isForeign = Self.isForeign(module: module, registeredName, layer)
    return layer
  }

  /// Whether a class is not one of Keras' own. Keras 3 writes the module of its own classes, and
  /// the registered name of others. Older versions write neither, but the size that a layer with a
  /// kernel of Keras' own is constructed with.
  ///
  /// Source: `serialize_keras_object` in `keras/src/saving/serialization_lib.py`.
  private static func isForeign(
    module: String?, _ registeredName: String?, _ layer: KerasConfiguration.Layer
  ) -> Bool {
    if layer.className.contains(">") { return true }
    if let package = module?.split(separator: ".").first { return !packages.contains(package) }
    if registeredName != nil { return true }
    return !layer.hasSize && KerasClass(className: layer.className)?.isSizedByNumber ?? false
  }

  private static let packages: Set<Substring> = ["keras", "keras_core", "tensorflow", "tf_keras"]

  /// The constructor arguments for the number of outputs of layers with a kernel, or of outputs for
  /// each input, including the names of Keras 1.
  private static let sizes: Set<String> = [
    "units", "filters", "depth_multiplier", "output_dim", "nb_filter",
  ]

  private mutating func parseConfiguration(
    of layer: inout KerasConfiguration.Layer, _ depth: Int
  ) throws(CheckpointError) {
    try parseObject { parser, name throws(CheckpointError) in
      switch name {
      case "name" where parser.isAtString:
        layer.name = (try parser.parseValue().string ?? "").replacing("/", with: ".")
      case "epsilon": layer.epsilon = try parser.parseSimpleValue()?.number
      case "momentum": layer.momentum = try parser.parseSimpleValue()?.number
      case "scale": layer.hasScale = try parser.parseSimpleValue() != .bool(false)
      case "center": layer.hasCenter = try parser.parseSimpleValue() != .bool(false)
      case "rms_scaling":
        layer.scalesByRootMeanSquare = try parser.parseSimpleValue() == .bool(true)
      case "activation" where parser.isAtString:
        layer.activation = try parser.parseValue().string
      case "recurrent_activation" where parser.isAtString:
        layer.recurrentActivation = try parser.parseValue().string
      case "reset_after": layer.resetsAfter = try parser.parseSimpleValue() == .bool(true)
      case "merge_mode": layer.mergeMode = try parser.parseSimpleValue()?.string ?? "none"
      case "target_shape" where parser.isAtArray:
        layer.targetShape = try parser.parseValue().array?.compactMap(\.int) ?? []
      case "batch_shape" where parser.isAtArray, "batch_input_shape" where parser.isAtArray:
        layer.inputShape = try parser.parseValue().array?.map(\.int)
      case "keepdims": layer.keepsDimensions = try parser.parseSimpleValue() == .bool(true)
      case "data_format":
        layer.isChannelsFirst = try parser.parseSimpleValue() == .string("channels_first")
      case "dim_ordering":
        layer.hasTheanoKernel = try parser.parseSimpleValue() == .string("th")
        layer.isChannelsFirst = layer.hasTheanoKernel
      case _ where Self.sizes.contains(name):
        layer.hasSize = true
        try parser.skipValue()
      case "layers" where parser.isAtArray: try parser.parseLayers(of: &layer, depth)
      case "layer" where parser.isAtObject:
        layer.children.append(try parser.parseLayer(depth: depth + 1))
      default: try parser.skipValue()
      }
    }
  }

  /// Parses the layers of a model; if they don't specify their inputs, each follows the one before.
  private mutating func parseLayers(
    of model: inout KerasConfiguration.Layer, _ depth: Int
  ) throws(CheckpointError) {
    try parseArray { parser throws(CheckpointError) in
      guard parser.isAtObject else { return try parser.skipValue() }
      var layer = try parser.parseLayer(depth: depth + 1)
      if layer.sources.isEmpty, let previous = model.children.layers.last {
        layer.sources = [previous.name]
      }
      model.children.append(layer)
    }
  }

  /// Parses a value; arrays and objects are skipped and give nil.
  private mutating func parseSimpleValue() throws(CheckpointError) -> JSON? {
    guard !isAtObject, !isAtArray else {
      try skipValue()
      return nil
    }
    return try parseValue()
  }
}

extension JSON {
  fileprivate var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// The names of layers in a list of calls: each is the first element of an array, before the
  /// index of the call (`["conv", 0, 0]`).
  fileprivate var layerNames: [String] {
    var names: [String] = []
    var rest = [self]
    while let next = rest.popLast() {
      switch next {
      case .array(let elements):
        if elements.count >= 3, let name = elements[0].string, elements[1].int != nil {
          names.append(name.replacing("/", with: "."))
        }
        rest += elements.reversed()
      case .object(let members): rest += members.reversed().map(\.value)
      default: break
      }
    }
    return names
  }
}

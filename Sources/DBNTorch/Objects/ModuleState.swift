import DBNTensors

/// The state of a pickled `torch.nn.Module`, or of a module of TorchScript: what its `state_dict()`
/// is made of, and its other attributes.
///
/// Nothing of the class is needed. Older versions of PyTorch wrote fewer attributes.
/// Source: `torch/nn/modules/module.py` (`Module.__init__`, `state_dict`, `_save_to_state_dict`).
struct ModuleState {
  typealias Attribute = (name: String, value: PickleValue)

  let className: String
  /// The parameters and persistent buffers in the order of `state_dict()`, without those that are
  /// None.
  let tensors: [Attribute]
  /// The modules in it, in order, without those that are None.
  let children: [Attribute]
  /// The other attributes, except those of `Module` itself, whose names begin with an underscore;
  /// and the buffers that `state_dict()` leaves out.
  let settings: [Attribute]
  /// The classes or functions of hooks that change what `state_dict()` gives.
  var hooks: [String] = []
  /// How many entries its attributes have, for limits.
  let entryCount: Int
  /// Whether it is a quantised layer, which keeps its weights packed instead of in tensors.
  var hasPackedWeights: Bool {
    className.contains(".quantized.") && !className.hasSuffix(".LinearPackedParams")
      && className.hasPrefix("torch.")
  }
  /// `Module._version` of its class, as far as it is known.
  let version: Int
  /// Epsilon and momentum, if it is a BatchNorm.
  let batchNorm: BatchNormSettings?

  /// Returns nil for an object that is no module.
  init?(_ object: PickleOpaque, _ heap: PickleHeap, _ script: ScriptClasses?) {
    if let compiled = Self(compiled: object) {
      self = compiled
      return
    }
    guard let attributes = heap.attributes(of: object) else { return nil }
    if let script, let scriptClass = script[object.name] {
      self.init(scriptClass, object.name, attributes, heap)
    } else {
      self.init(object.name, attributes, heap)
    }
  }

  private init?(_ className: String, _ attributes: [Attribute], _ heap: PickleHeap) {
    guard let parameters = heap.members(Name.parameters, in: attributes),
      let buffers = heap.members(Name.buffers, in: attributes),
      let children = heap.members(Name.modules, in: attributes)
    else { return nil }
    entryCount = attributes.count + parameters.count + buffers.count + children.count
    let transient = heap.texts(Name.transientBuffers, in: attributes)
    self.className = className
    tensors = (parameters + buffers.filter { !transient.contains($0.name) })
      .filter { $0.value != .none }
    self.children = children.filter { $0.value != .none }
    settings =
      attributes.filter { !$0.name.hasPrefix("_") } + buffers.filter { transient.contains($0.name) }
    version = heap.version(
      className, attributes, counts: buffers.contains { $0.name == Name.counter })
    hooks = [Name.stateDictHooks, Name.stateDictPreHooks].flatMap { name in
      (heap.value(name, in: attributes).flatMap { heap.dictionary($0) }?.entries ?? [])
        .map { heap.typeName($0.value) }
    }
    let keepsStatistics = buffers.contains { $0.name == Name.mean && $0.value != .none }
    batchNorm =
      keepsStatistics && !className.contains("InstanceNorm")
      ? heap.batchNormSettings(attributes) : nil
  }

  /// What `torch.compile` makes of a module: the module, and how it is compiled. PyTorch 2.0 pickles
  /// it as any module instead.
  ///
  /// Source: `torch/_dynamo/eval_frame.py` (`OptimizedModule.__reduce__`).
  private init?(compiled object: PickleOpaque) {
    guard object.name == "torch._dynamo.eval_frame.OptimizedModule", object.state == nil,
      let arguments = object.arguments, arguments.count == 2
    else { return nil }
    className = object.name
    tensors = []
    children = [("_orig_mod", arguments[0])]
    settings = [("dynamo_ctx", arguments[1])]
    entryCount = arguments.count
    version = ModuleVersions.initial
    batchNorm = nil
  }

  /// A module of TorchScript: its code says which of its tensors are parameters and buffers.
  private init?(
    _ scriptClass: ScriptClasses.Class, _ className: String, _ attributes: [Attribute],
    _ heap: PickleHeap
  ) {
    func named(_ names: [String]) -> [Attribute] {
      let names = Set(names)
      return attributes.filter { names.contains($0.name) && $0.value != .none }
    }
    self.className = className
    entryCount = attributes.count
    tensors = named(scriptClass.parameters) + named(scriptClass.buffers)
    children = named(scriptClass.modules)
    let taken = Set((tensors + children).map(\.name))
    settings = attributes.filter { !taken.contains($0.name) && !$0.name.hasPrefix("_") }
    version = ModuleVersions.initial
    batchNorm = tensors.contains { $0.name == Name.mean } ? scriptClass.settings : nil
  }

  fileprivate enum Name {
    static let parameters = "_parameters"
    static let buffers = "_buffers"
    static let modules = "_modules"
    static let transientBuffers = "_non_persistent_buffers_set"
    static let counter = BatchNormQuantity.numBatchesTracked.rawValue
    static let mean = BatchNormQuantity.runningMean.rawValue
    static let version = "_version"
    static let stateDictHooks = "_state_dict_hooks"
    static let stateDictPreHooks = "_state_dict_pre_hooks"
  }
}

extension PickleHeap {
  fileprivate func value(
    _ name: String, in attributes: [ModuleState.Attribute]
  ) -> PickleValue? {
    attributes.last { $0.name == name }?.value
  }

  /// The entries of a dictionary among the attributes; nil if there is none, or if its keys are not
  /// names.
  fileprivate func members(
    _ name: String, in attributes: [ModuleState.Attribute]
  ) -> [ModuleState.Attribute]? {
    guard let value = value(name, in: attributes), let entries = dictionary(value)?.entries else {
      return nil
    }
    var members: [ModuleState.Attribute] = []
    for (key, value) in entries {
      guard let name = text(key) else { return nil }
      members.append((name, value))
    }
    return members
  }

  /// The texts in a set among the attributes; empty if there is none.
  fileprivate func texts(
    _ name: String, in attributes: [ModuleState.Attribute]
  ) -> Set<String> {
    guard case .set(let index) = value(name, in: attributes) else { return [] }
    return Set(sets[index].compactMap { text($0) })
  }

  /// The version of a module, which old torchvision models set themselves.
  fileprivate func version(
    _ className: String, _ attributes: [ModuleState.Attribute], counts: Bool
  ) -> Int {
    if case .int(let version) = value(ModuleState.Name.version, in: attributes) { return version }
    return ModuleVersions.known[className]
      ?? (counts ? ModuleVersions.counting : ModuleVersions.initial)
  }

  fileprivate func batchNormSettings(
    _ attributes: [ModuleState.Attribute]
  ) -> BatchNormSettings {
    var settings = BatchNormSettings()
    if case .float(let epsilon) = value("eps", in: attributes), epsilon >= 0, epsilon.isFinite {
      settings.epsilon = epsilon
    }
    switch value("momentum", in: attributes) {
    case .float(let momentum) where momentum.isFinite: settings.momentum = .exponential(momentum)
    case PickleValue.none?: settings.momentum = .cumulative
    default: break
    }
    return settings
  }
}

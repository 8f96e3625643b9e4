import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// The rules of the schema, each broken in a catalog.
struct SchemaTests {
  private typealias Attribute = Catalog.Attribute

  /// A catalog whose root has these attributes beside those of the schema.
  private func catalog(
    _ attributes: [Attribute], version: Int = 1, kind: String = "dict"
  ) -> Catalog {
    var catalog = Catalog()
    catalog.groups[0].attributes =
      [
        Attribute("schema", .string("dbn-checkpoint")),
        Attribute("schema_version", .int(version)), Attribute("kind", .string(kind)),
      ] + attributes
    return catalog
  }

  /// A catalog with one dataset under the name.
  private func catalog(
    _ name: String, _ type: Catalog.ElementType, _ shape: [Int]?, kind: String?,
    _ attributes: [Attribute] = [], bytes: [UInt8] = []
  ) -> Catalog {
    var catalog = catalog(attributes)
    catalog.groups[0].links = [Catalog.Link(name, .dataset(0))]
    catalog.datasets = [
      Catalog.Dataset(
        name, attributes: kind.map { [Attribute("kind", .string($0))] } ?? [], type: type,
        shape: shape, extent: .compact(bytes))
    ]
    return catalog
  }

  private func code(_ catalog: Catalog) -> CheckpointError.Code? {
    #expect(throws: CheckpointError.self) {
      try SchemaReader.read(catalog, ByteRegion([]))
    }?.code
  }

  @Test func laterVersionsAreRefused() {
    #expect(code(catalog([], version: 2)) == .schemaVersion)
    #expect(SchemaReader.describes(catalog([], version: 2)))
  }

  /// The texts are the file format, whatever the values are called elsewhere.
  @Test(arguments: [
    ("None", CheckpointValue.none), ("bool", .bool(true)), ("int", .int(1)),
    ("int", .largeInt([0, 0, 0, 0, 0, 0, 0, 0, 1])), ("float", .float(1)),
    ("complex", .complex(real: 1, imaginary: 2)), ("str", .string("x")), ("bytes", .bytes([1])),
    ("bytearray", .byteArray([1])), ("list", .list([.int(1)])), ("tuple", .tuple([.int(1)])),
    ("list", .list([])), ("tuple", .tuple([])), ("set", .set([])), ("Size", .size([1])),
    ("dtype", .scalarType(.float32)), ("device", .device("cpu")), ("dict", Sample.mapping([])),
    ("OrderedDict", Sample.mapping([], kind: .orderedDict)),
    ("Counter", Sample.mapping([], kind: .counter)),
  ])
  func kindsAreWrittenAsTheSchemaHasThem(kind: String, value: CheckpointValue) throws {
    let root = Sample.mapping([(.string("x"), value)])
    let catalog = try SchemaWriter(Checkpoint(root: root)).catalog
    let attributes = try #require(
      (catalog.groups.dropFirst().map(\.attributes) + catalog.datasets.map(\.attributes)).first)
    #expect(attributes.string("kind") == kind)
  }

  @Test(arguments: ["parameter", "buffer"])
  func kindsOfTensorsAreWrittenAsTheSchemaHasThem(kind: String) throws {
    var tensor = try Sample.tensor()
    tensor.kind = try #require(Tensor.Kind(rawValue: kind))
    let root = Sample.mapping([(.string("x"), .tensor(tensor))])
    let catalog = try SchemaWriter(Checkpoint(root: root)).catalog
    #expect(catalog.datasets.first?.attributes.string("kind") == kind)
  }

  @Test(arguments: ["", "Dict", "parameter", "None"])
  func groupsNeedAKnownKind(kind: String) {
    #expect(code(catalog([], kind: kind)) == .schemaViolation)
  }

  @Test(arguments: [
    ("history", "{}"), ("checksums", "[]"), ("checksums", #"{"a": "123"}"#),
    ("checksums", #"{"a": "1234567g"}"#), ("attributes", "[]"), ("overrides", "[]"),
    ("attributes", #"{"a": {"$x": 1}}"#), ("attributes", #"{"a": {"$tensor": "b"}}"#),
  ])
  func attributesHaveTheirForm(name: String, text: String) {
    #expect(code(catalog([Attribute(name, .string(text))])) == .schemaViolation)
  }

  @Test func attributesAreJSON() {
    #expect(code(catalog([Attribute("history", .string("[1,]"))])) == .invalidJSON)
  }

  @Test func everyChecksumHasItsTensor() {
    let attribute = Attribute("checksums", .string(#"{"gone": "00000000"}"#))
    #expect(code(catalog([attribute])) == .missingDataset)
  }

  @Test(arguments: ["%", "a%", "%2", "%GG", "%FF", "%+1"])
  func escapesAreWhole(name: String) throws {
    let catalog = catalog(name, .scalar(.int8), nil, kind: "None")
    if name == "%" {
      let checkpoint = try SchemaReader.read(catalog, ByteRegion([]))
      #expect(checkpoint.root.dictionary?.contains(.string("")) == true)
    } else {
      #expect(code(catalog) == .schemaViolation)
    }
  }

  @Test func twoSpellingsOfOneKeyAreRefused() {
    var catalog = catalog("a", .scalar(.int8), nil, kind: "None")
    catalog.groups[0].links.append(Catalog.Link("%61", .dataset(0)))
    #expect(code(catalog) == .duplicateKey)
  }

  @Test(arguments: [
    ("int", Catalog.ElementType.scalar(.float64), [] as [Int]), ("int", .scalar(.int64), [2, 2]),
    ("float", .scalar(.float32), []), ("bool", .scalar(.uint8), []), ("str", .scalar(.uint8), []),
    ("complex", .scalar(.complex64), []), ("Size", .scalar(.int64), []),
    ("None2", .scalar(.int8), []),
    ("bytes", .scalar(.int8), [0]), ("list", .scalar(.int32), [0]), ("tuple", .scalar(.int64), []),
    ("device", .scalar(.int8), []),
  ])
  func kindsHaveTheirTypeAndShape(kind: String, type: Catalog.ElementType, shape: [Int]) {
    #expect(code(catalog("a", type, shape, kind: kind)) == .schemaViolation)
  }

  @Test func dtypesAreKnown() {
    let text = Catalog.ElementType.fixedString(byteCount: 3, padding: .nulls)
    let catalog = catalog("a", text, [], kind: "dtype", bytes: [0x61, 0x62, 0x63])
    #expect(code(catalog) == .schemaViolation)
  }

  @Test func elementsOfAListAreNumberedInOrder() {
    var catalog = catalog("1", .scalar(.int8), nil, kind: "None")
    catalog.groups[0].attributes[2] = Attribute("kind", .string("list"))
    #expect(code(catalog) == .schemaViolation)
  }

  @Test func aRootThatIsAValueHasOneLink() {
    #expect(code(catalog([], kind: "value")) == .schemaViolation)
  }

  @Test func overridesSayKindAndGradient() {
    let overrides = Attribute("overrides", .string(#"{"a": {"kind": "buffer"}}"#))
    let catalog = catalog("a", .scalar(.int8), [0], kind: nil, [overrides])
    #expect(code(catalog) == .schemaViolation)
  }

  @Test func namedTypesAreRefused() {
    var catalog = catalog([])
    catalog.groups[0].links = [Catalog.Link("type", .namedType)]
    #expect(code(catalog) == .namedType)
  }
}

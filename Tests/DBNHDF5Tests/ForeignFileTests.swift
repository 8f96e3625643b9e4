import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// What must not be read into files that are not of the schema, and what must not be passed over.
struct ForeignFileTests {
  private let attributes = Fixture("hdf5/h5py-attributes").file("weights.h5")

  @Test(arguments: ["bool", "int8", "float8_e4m3fn", "bits8"])
  func anAttributeDtypeChangesNoBytes(name: String) throws {
    let stateDict = try HDF5Checkpoint.read(attributes).stateDict()
    let tensor = try #require(stateDict["dtype.\(name)"])
    #expect(tensor.scalarType == .uint8)
    #expect(try tensor.integers() == [0, 1, 2, 200])
  }

  @Test(arguments: ["bfloat16", "float16", "bits16"])
  func anAttributeDtypeChangesNoPairsOfBytes(name: String) throws {
    let stateDict = try HDF5Checkpoint.read(attributes).stateDict()
    let tensor = try #require(stateDict["dtype.\(name)"])
    #expect(tensor.scalarType == .uint16)
    #expect(try tensor.integers() == [0, 1, 16256, 65535])
  }

  /// What h5py and Keras make of bfloat16 has no value without the attribute; other types are not
  /// kept like that.
  @Test func opaqueElementsAreBfloat16WhereTheAttributeSaysSo() throws {
    for (dtype, isRead) in [("bfloat16", true), ("float16", false), ("int16", false)] {
      var catalog = Catalog()
      catalog.groups[0].links = [Catalog.Link("w", .dataset(0))]
      catalog.datasets = [
        Catalog.Dataset(
          "w", attributes: [Catalog.Attribute("dtype", .string(dtype))],
          type: .opaque(byteCount: 2),
          shape: [1], extent: .compact([0x80, 0x3F]))
      ]
      let read = try? PlainReader.read(catalog, ByteRegion([])).stateDict()
      #expect(try read?["w"]?.doubles() == (isRead ? [1] : nil))
    }
  }

  /// The same attributes in a file of the schema are what they say.
  @Test(arguments: ["bool", "int8", "float8_e4m3fn"])
  func anAttributeDtypeIsReadInFilesOfTheSchema(name: String) throws {
    var catalog = Catalog()
    catalog.groups[0].attributes = [
      Catalog.Attribute("schema", .string("dbn-checkpoint")),
      Catalog.Attribute("schema_version", .int(1)), Catalog.Attribute("kind", .string("dict")),
    ]
    catalog.groups[0].links = [Catalog.Link("w", .dataset(0))]
    catalog.datasets = [
      Catalog.Dataset(
        "w", attributes: [Catalog.Attribute("dtype", .string(name))], type: .scalar(.uint8),
        shape: [1], extent: .compact([1]))
    ]
    let stateDict = try SchemaReader.read(catalog, ByteRegion([])).stateDict()
    #expect(stateDict["w"]?.scalarType.name == name)
  }

  @Test func textsKeepTheirShape() throws {
    let root = try #require(HDF5Checkpoint.read(attributes).root.dictionary)
    let texts = try Expectation.tree(#require(root["texts.variable"]))
    #expect(
      texts == [
        "list": [
          ["list": [["str": "a"], ["str": "b"], ["str": "c"]]],
          ["list": [["str": "d"], ["str": ""], ["str": "f"]]],
        ]
      ])
    #expect(
      try Expectation.tree(#require(root["texts.none"])) == ["list": [["list": []], ["list": []]]])
  }

  /// Sizes of billions beside a zero take no bytes, and would be as many lists.
  @Test(arguments: [
    [1 << 40, 0], [1 << 20, 1 << 20, 0], [1 << 40, 1 << 40, 0], [3 << 22, 2, 0],
  ])
  func listsOfTextsAreBounded(shape: [Int]) throws {
    var catalog = Catalog()
    catalog.groups[0].links = [Catalog.Link("texts", .dataset(0))]
    catalog.datasets = [
      Catalog.Dataset(
        "texts", type: .fixedString(byteCount: 1, padding: .nulls), shape: shape, extent: .none)
    ]
    let error = #expect(throws: CheckpointError.self) {
      try PlainReader.read(catalog, ByteRegion([]))
    }
    #expect(error?.code == .limitExceeded && error?.name == "texts")
  }

  @Test func emptyGroupsAreNamed() throws {
    let notes = try HDF5Checkpoint.read(attributes).notes
    #expect(
      notes.contains("2 empty HDF5 groups are left out ('group/empty/inside', 'empty')"),
      "\(notes)")
  }

  @Test(arguments: ["writing.h5", "swmr.h5"])
  func filesWhoseWriterDiedAreNoted(name: String) throws {
    let checkpoint = try HDF5Checkpoint.read(Fixture("hdf5/unclosed").file(name))
    #expect(checkpoint.inconsistency != nil)
    #expect(checkpoint.notes.first?.contains("never closed") == true)
  }

  @Test func closedFilesAreNot() throws {
    let checkpoint = try HDF5Checkpoint.read(Fixture("hdf5/unclosed").file("closed.h5"))
    #expect(checkpoint.inconsistency == nil && checkpoint.notes.isEmpty)
  }
}

import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// The rules of the file format, each broken in a file that h5py wrote.
struct ParserTests {
  private func bytes(_ fixture: String) throws -> [UInt8] {
    try Fixture("hdf5/\(fixture)").bytes("weights.h5")
  }

  private func error(_ bytes: [UInt8]) -> CheckpointError? {
    #expect(throws: CheckpointError.self) { try CatalogParser.read(ByteRegion(bytes)) }
  }

  /// The first place of a signature.
  private func place(of signature: String, in bytes: [UInt8]) throws -> Int {
    try #require(bytes.firstRange(of: Array(signature.utf8))).lowerBound
  }

  @Test func laterSuperblocksAreNamed() throws {
    var bytes = try bytes("h5py-flat")
    bytes[8] = 9
    let error = error(bytes)
    #expect(error?.code == .unknownHDF5Version && error?.offset == 8)
    #expect(error?.advice?.description.contains("libver") == true)
  }

  @Test(arguments: [3, 16])
  func addressesHaveASizeThatIsKnown(size: UInt8) throws {
    var bytes = try bytes("h5py-flat")
    bytes[13] = size
    #expect(error(bytes)?.code == .invalidHDF5)
  }

  @Test(arguments: ["TREE", "HEAP", "SNOD"])
  func oldStructuresHaveTheirSignatures(signature: String) throws {
    var bytes = try bytes("h5py-flat")
    let place = try place(of: signature, in: bytes)
    bytes[place] = 0
    let error = error(bytes)
    #expect(error?.code == .invalidHDF5 && error?.offset == place)
    #expect(error?.reason.contains(signature) == true)
  }

  @Test(arguments: ["OHDR", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF", "FADB", "EASB", "EAIB"])
  func newStructuresHaveTheirChecksums(signature: String) throws {
    var bytes = try bytes("h5py-structures/v110")
    let place = try place(of: signature, in: bytes)
    // Behind signature, version and flags: a part of the content.
    bytes[place + 9] ^= 0x04
    let error = error(bytes)
    #expect([.checksumMismatch, .truncated, .invalidHDF5].contains(error?.code))
  }

  @Test func aCutFileIsTruncated() throws {
    let bytes = try bytes("h5py-flat")
    let error = error(Array(bytes.dropLast(1)))
    #expect(error?.code == .truncated && error?.reason.contains("\(bytes.count)") == true)
  }

  /// The root's tree of links, a leaf, becomes a node that leads to itself.
  @Test func treesDoNotLeadInCircles() throws {
    var bytes = try bytes("h5py-flat")
    let place = try place(of: "TREE", in: bytes)
    bytes[place + 5] = 1
    let child = place + 24 + 8
    bytes.replaceSubrange(child..<child + 8, with: (0..<8).map { UInt8(place >> (8 * $0) & 0xFF) })
    #expect(error(bytes)?.code == .invalidHDF5)
  }

  @Test func whatIsReadOverAndOverIsLimited() throws {
    let region = ByteRegion(try bytes("h5py-flat"))
    var file = try MetadataFile(region, Superblock(region))
    let error = #expect(throws: CheckpointError.self) {
      while true { _ = try file.reader(at: 0, count: region.count) }
    }
    #expect(error?.code == .limitExceeded)
  }

  @Test func chunksAreLimitedInSum() throws {
    let region = ByteRegion(try bytes("h5py-flat"))
    var file = try MetadataFile(region, Superblock(region))
    try file.count(chunks: HDF5Limits.chunks, dimensions: 1)
    let error = #expect(throws: CheckpointError.self) { try file.count(chunks: 1, dimensions: 1) }
    #expect(error?.code == .limitExceeded)
    #expect(throws: CheckpointError.self) { try file.checkCount(records: HDF5Limits.chunks + 1) }
  }

  /// Source: the driver at the end of Bob Jenkins' lookup3.c.
  @Test(arguments: [("", 0xDEAD_BEEF as UInt32), ("Four score and seven years ago", 0x1777_0551)])
  func theChecksumIsLookup3(text: String, checksum: UInt32) {
    #expect(Lookup3.checksum(ByteRegion(Array(text.utf8))) == checksum)
  }

  @Test func theAttributesOfAFileAreThoseOfH5py() throws {
    for version in ["earliest", "v110"] {
      let catalog = try Catalog.reading(
        Fixture("hdf5/h5py-structures/\(version)").file("weights.h5"))
      let attributes = try #require(
        catalog.datasets.first { $0.path == "attributes" }?.attributes)
      #expect(attributes["name 030"] == .float(7.5) && attributes["name 031"] == .string("text 31"))
      #expect(attributes["fixed"] == .string("padded") && attributes["flag"] == .bool(true))
      #expect(attributes.string("long")?.utf8.count == 25_000)
      #expect(attributes.strings("texts") == ["a", "bé", ""])
      #expect(attributes["numbers"] == .other && attributes["nothing"] == .other)
      let large = attributes.string("large")?.utf8.count
      #expect(large == (version == "earliest" ? nil : 100_000))
    }
  }
}

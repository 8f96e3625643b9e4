import DBNBytes
import DBNTestSupport
import Foundation
import Testing

/// Files mapped for reading.
struct MappedFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 1_000_000])
  func theRegionHasTheBytesOfTheFile(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let path = try folder.write(bytes, to: "file")
    let region = try MappedFile.open(path)
    #expect(region.array == bytes && region.fileOffset == 0)
    #expect(count == 0 || region.path == path)
  }

  @Test func aFolderIsRefused() throws {
    let error = #expect(throws: CheckpointError.self) { try MappedFile.open(folder.file("")) }
    #expect(error?.code == .notARegularFile && error?.reason == "is a folder")
  }

  /// Opening a pipe that nobody writes to would wait for a writer.
  @Test(.timeLimit(.minutes(1))) func aPipeIsRefusedAtOnce() throws {
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let error = #expect(throws: CheckpointError.self) { try MappedFile.open(path) }
    #expect(error?.code == .notARegularFile && error?.path == path)
  }

  @Test func aFileThatIsNotThereIsAnErrorOfTheSystem() throws {
    let path = folder.file("nowhere")
    let error = #expect(throws: CheckpointError.self) { try MappedFile.open(path) }
    #expect(error?.code == .system && error?.path == path)
    #expect(error?.reason == "cannot open: no such file or directory")
  }

  /// As this package's own commands replace files.
  @Test func theBytesStayWhenTheFileIsReplacedOrRemoved() throws {
    let path = try folder.write([1, 2, 3], to: "file")
    let region = try MappedFile.open(path)
    rename(try folder.write([4], to: "new"), path)
    #expect(region.array == [1, 2, 3])
    unlink(path)
    #expect(region.array == [1, 2, 3])
  }

  @Test func aPartKeepsTheWholeFileMapped() throws {
    let path = try folder.write(Array(0..<200), to: "file")
    let part = try MappedFile.open(path).slice(from: 50, count: 3)
    #expect(part.array == [50, 51, 52] && part.fileOffset == 50 && part.path == path)
    #expect(try #require(resident(path)) > 0)
  }

  @Test func theFileIsUnmappedWithItsLastRegion() throws {
    let path = try folder.write([1], to: "file")
    var region: ByteRegion? = try MappedFile.open(path)
    #expect(region?.array == [1] && resident(path) != nil)
    region = nil
    #expect(resident(path) == nil)
  }

  /// Memory does not grow with the file that is read, and what was given back can be read again.
  @Test func pagesAreGivenBackAlongTheWay() throws {
    let bytes = (0..<32 << 20).map { UInt8(truncatingIfNeeded: $0 >> 12) }
    let path = try folder.write(bytes, to: "file")
    let region = try MappedFile.open(path)
    var most = 0
    try region.forEachPiece(of: 1 << 20) { _, _ in }
    try region.forEachPiece(of: 1 << 20) { start, piece in
      #expect(piece.unsafeLoad(fromByteOffset: 4096, as: UInt8.self) == bytes[start + 4096])
      most = max(most, resident(path) ?? 0)
    }
    #expect(most > 0 && most <= 8 << 20, "\(most) bytes")
    #expect(region.array == bytes)
    #expect(try #require(resident(path)) > 16 << 20)
    region.releaseFile()
    #expect(resident(path) == 0)
  }

  @Test func openingAndMappingAreToldOnceEach() throws {
    let path = try folder.write([1], to: "file")
    let events = EventLog()
    try FileEvent.observe({ events.add($0) }) {
      _ = try MappedFile.open(path)
    }
    #expect(events.kinds(path) == [.opened, .mapped])
  }

  /// The bytes of this process's memory that are pages of the mapped file; nil where it is not mapped.
  private func resident(_ path: String) -> Int? {
    // The file reports a size of 0, so that String(contentsOfFile:) reads only its first part.
    let handle = FileHandle(forReadingAtPath: "/proc/self/smaps")
    let maps = String(decoding: (try? handle?.readToEnd()) ?? Data(), as: UTF8.self)
    var (isFile, sum) = (false, Int?.none)
    for line in maps.split(separator: "\n") {
      if line.contains("-") && line.contains(" r") { isFile = line.hasSuffix(path) }
      guard isFile, line.hasPrefix("Rss:") else { continue }
      sum = (sum ?? 0) + 1024 * (Int(line.filter(\.isNumber)) ?? 0)
    }
    return sum
  }
}

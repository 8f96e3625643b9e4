import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Files that hold a checkpoint, and files that are none, known by their first bytes.
struct ContainerTests {
  private static let fixture = Fixture("containers")

  private static func expected() throws -> JSON {
    try JSON(parsing: ByteRegion(fixture.bytes("weights.json")))
  }

  @Test(arguments: ["model.pth.gz", "members.pth.gz"])
  func gzipIsReadThrough(file: String) throws {
    let checkpoint = try Checkpoint.open(Self.fixture.file(file))
    #expect(try Expectation.tensors(checkpoint.stateDict()) == Self.expected()["tensors"])
    #expect(checkpoint.format == "torch-zip" && checkpoint.path == Self.fixture.file(file))
    #expect(try FormatRegistry.standard.recognise(Self.fixture.file(file)).name == "torch-zip")
  }

  @Test func damagedGzipIsRefused() throws {
    let (folder, bytes) = (try TemporaryFolder(), try Self.fixture.bytes("model.pth.gz"))
    for count in stride(from: 18, to: bytes.count, by: 37) {
      let path = try folder.write(Array(bytes[..<count]), to: "x.gz")
      let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
      #expect(error.code == .invalidCompression && error.path == path, "\(count): \(error)")
    }
    let path = try folder.write(bytes + [1], to: "x.gz")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error.code == .invalidCompression)
  }

  @Test func mutatedGzipEndsInAValueOrAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let (folder, original) = (try TemporaryFolder(), try Self.fixture.bytes("members.pth.gz"))
    var refused = 0
    for _ in 0..<300 {
      var bytes = original
      bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
        in: 0...255, using: &generator)
      let path = try folder.write(bytes, to: "x.gz")
      if (try? Checkpoint.open(path)) == nil { refused += 1 }
    }
    #expect(refused > 200, "seed \(seed)")
  }

  /// 1.1 GiB of zeros, compressed to 1.1 MB.
  @Test func aFileThatFillsTheDiskIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("zeros.pth.gz")
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "head -c 1200000000 /dev/zero | gzip -1 > '\(path)'"]
    try process.run()
    process.waitUntilExit()
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error.code == .limitExceeded && error.advice != nil, "\(error)")
  }

  @Test(arguments: ["net.keras", "deflated.keras"])
  func archivesOfKerasAreRead(file: String) throws {
    let checkpoint = try Checkpoint.open(Self.fixture.file(file))
    #expect(checkpoint.format == "keras")
    let stateDict = try checkpoint.stateDict()
    let rows = try #require(Self.expected()["keras"]?.array)
    #expect(stateDict.count == rows.count)
    for row in rows {
      let shape = row["shape"]?.array?.compactMap(\.int) ?? []
      #expect(stateDict.tensors.contains { $0.tensor.shape == shape }, "\(row)")
    }
    // The configuration of the archive has it.
    #expect(checkpoint.batchNormSettings.entries.map(\.settings.epsilon) == [0.01])
  }

  @Test func damagedWeightsOfKerasAreFoundByTheArchivesChecksum() throws {
    let folder = try TemporaryFolder()
    var bytes = try Self.fixture.bytes("net.keras")
    bytes[bytes.count / 2] ^= 1
    let path = try folder.write(bytes, to: "net.keras")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error.code == .checksumMismatch, "\(error)")
    for count in stride(from: 0, to: bytes.count, by: 999) {
      let path = try folder.write(Array(bytes[..<count]), to: "net.keras")
      #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    }
  }

  @Test(arguments: [
    ("release.zip", "zip archive", "release/model.safetensors"),
    ("pictures.zip", "zip archive", "a.png"), ("model.nemo", "NeMo", "model_weights.ckpt"),
    ("model.tar.gz", "tar archive", "model/pytorch_model.bin"),
    ("text.gz", "text file", "not a check"),
  ])
  func archivesAreNamedWithTheCheckpointsInside(file: String, what: String, inside: String) throws {
    let error = try #require(throws: CheckpointError.self) {
      try Checkpoint.open(Self.fixture.file(file))
    }
    #expect(error.code == .unknownFormat && error.reason.contains(what), "\(error)")
    #expect(error.reason.contains(inside) && error.advice != nil, "\(error)")
  }

  /// The first bytes of files of each kind, and words that must be said of it.
  static let kinds: [(bytes: [UInt8], words: String)] = [
    (Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\n".utf8), "git-lfs pointer"),
    (Array("<!DOCTYPE html>\n<html>".utf8), "web page"),
    (Array("\n  <html lang=en>".utf8), "web page"),
    ([0xEF, 0xBB, 0xBF] + Array("<HTML>".utf8), "web page"),
    (Array("<?xml version='1.0'?>".utf8), "XML"), (Array("GGUF".utf8) + [3, 0, 0, 0, 1], "GGUF"),
    ([0x1C, 0, 0, 0] + Array("TFL3".utf8) + [0, 0], "TensorFlow Lite"),
    ([0, 0, 0, 1] + [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB], "checkpoint of TensorFlow"),
    ([0x08, 0x08, 0x12, 0x07] + Array("pytorch".utf8) + [0x1A, 0x05], "ONNX"),
    ([0x08, 0x0A, 0x3A, 0x90, 0x02, 0x0A, 0x20, 0x0A], "ONNX"),
    ([0x08, 0x01, 0x12, 0xE8, 0x9C, 0x03, 0x0A, 0x60, 0x0A, 0x10], "SavedModel"),
    ([0x08, 0x04, 0x12, 0x62, 0x0A, 0x0D, 0x0A, 0x05], "Core ML"),
    ([0x12, 0x01, 0, 0, 0, 0, 0, 0, 0, 0], "MXNet"),
    (Array("MATLAB 5.0 MAT-file, Platform".utf8), "MATLAB"),
    (Array("CDF".utf8) + [1, 0, 0, 0, 0], "netCDF"), (Array("CDF".utf8) + [5, 0, 0], "netCDF"),
    ([0x0E, 0x03, 0x13, 0x01, 0, 0], "HDF4"), (Array("PAR1....".utf8), "Parquet"),
    (Array("ARROW1..".utf8), "Arrow"), ([0xFD] + Array("7zXZ".utf8) + [0, 0], "xz"),
    (Array("BZh91AY".utf8), "bzip2"), ([0x28, 0xB5, 0x2F, 0xFD, 0x04], "Zstandard"),
    ([0x04, 0x22, 0x4D, 0x18, 0x60], "LZ4"), (Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C], "7z"),
    (Array("Rar!".utf8) + [0x1A, 7], "RAR"), ([0x89] + Array("PNG\r\n".utf8), "picture"),
    ([0xFF, 0xD8, 0xFF, 0xE0], "picture"), (Array("GIF89a".utf8), "picture"),
    (Array("%PDF-1.7".utf8), "PDF"), ([0x7F] + Array("ELF".utf8) + [2, 1], "program"),
    (Array(#"{"architectures": ["LlamaForCausalLM"]}"#.utf8), "JSON file"),
    (Array("learning rate 0.1\n".utf8), "text file"), (Array("Schlüssel".utf8), "text file"),
    ([0xFE, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "not a checkpoint in a known format"),
    ([], "empty"),
  ]

  @Test(arguments: kinds.indices)
  func otherKindsOfFilesAreNamedWithTheWayOut(index: Int) throws {
    let (bytes, words) = Self.kinds[index]
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "model.pth")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.open(path) }
    #expect(error.code == .unknownFormat && error.reason.contains(words), "\(error)")
    #expect(error.path == path && error.advice != nil, "\(error)")
  }

  @Test func randomFirstBytesEndInAValueOrAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let folder = try TemporaryFolder()
    for (bytes, _) in Self.kinds {
      for _ in 0..<20 {
        var bytes =
          bytes
          + (0..<Int.random(in: 0...40, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
          }
        if !bytes.isEmpty {
          bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
            in: 0...255, using: &generator)
        }
        _ = try? Checkpoint.open(folder.write(bytes, to: "x"))
      }
    }
  }
}

import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// A conversion's memory does not grow with the file: it is at most 64 MiB above the largest tensor.
///
/// The files hold more than that, so that what keeps all it has read fails. One after the other,
/// because they are large.
@Suite(.serialized)
struct MemoryTests {
  private static let files = LargeFiles(side: 1024, count: 18)
  private static let bound = files.tensorByteCount + 64 << 20

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  enum Source: CaseIterable {
    case plain, transposed, parts, compressed, deflated, bigEndian, fortranOrder
  }

  @Test(arguments: Source.allCases)
  func memoryDoesNotGrowWithTheFile(source: Source) throws {
    try expectBound(from: write(source))
  }

  /// A chunk as large as the tensor, or more than half of it, shuffled and compressed; a transposed
  /// view of compressed bytes: none may be in memory beside the tensor.
  @Test(arguments: ["one-chunk.h5", "columns.h5", "rows.h5", "transposed.pth"])
  func aLargeTensorIsHeldOnce(file: String) throws {
    let (fixture, output) = (Fixture("memory"), folder.file("out.h5"))
    let peak = try Command.peakMemory(writing: output, ["convert", fixture.file(file), output])
    let tensor = try #require(try Checkpoint.open(output).stateDict()["weight"])
    #expect(peak <= tensor.byteCount + 64 << 20 && peak > 8 << 20, "\(peak >> 20) MiB")
    let checksums = try JSON(parsing: ByteRegion(fixture.bytes("crc32.json")))
    #expect(try Int(tensor.storage.crc32()) == checksums[file]?.int)
  }

  /// What a small file is decompressed to is in a temporary file, and never in memory, in any order.
  @Test(arguments: [(false, ["--compress", "gzip:1"]), (true, [])])
  func aLargeTensorFromASmallFileIsNeverInMemory(
    inFortranOrder: Bool, options: [String]
  ) throws {
    let input = try folder.write(largeArray(inFortranOrder), to: "large.npz")
    let output = folder.file("out.h5")
    let peak = try Command.peakMemory(writing: output, ["convert", input, output] + options)
    #expect(peak <= 128 << 20 && peak > 8 << 20, "\(peak >> 20) MiB")
  }

  /// BatchNorms are run some features at a time, and what is stored of them is compared in pieces:
  /// their numbers as Float64 would be 128 MiB here.
  @Test func aLargeBatchNormOfASmallFileIsNeverInMemory() throws {
    let paths = try [Float(1), 2].map { weight in
      try folder.write(expandedBatchNorm(features: 2 << 20, weight: weight), to: "\(weight).pth")
    }
    let peak = try Command.peakMemory(["verify"] + paths + ["--batch", "1", "--atol", "9"])
    #expect(peak <= 128 << 20 && peak > 8 << 20, "\(peak >> 20) MiB")
  }

  /// A BatchNorm whose features all have the same numbers, each stored once.
  private func expandedBatchNorm(features: Int, weight: Float) -> [UInt8] {
    let values = [("weight", weight), ("bias", 0), ("running_mean", 0), ("running_var", 1)]
    let entries = values.enumerated().flatMap { index, value in
      Pickle.text("bn.\(value.0)")
        + Pickle.tensor(
          [features], stride: [0], offset: index, of: Pickle.storage("0", count: values.count))
    }
    let pickle = Pickle.emptyDict + Pickle.mark + entries + Pickle.setItems
    return Archive([
      .init("archive/data.pkl", [0x80, 2] + pickle + [0x2E]),
      .init("archive/data/0", values.flatMap { littleEndian($0.1.bitPattern) }),
    ]).bytes
  }

  /// 192 MiB of zeros, deflated.
  private func largeArray(_ inFortranOrder: Bool) throws -> [UInt8] {
    let order = inFortranOrder ? "True" : "False"
    let text = "{'descr': '<f8', 'fortran_order': \(order), 'shape': (24576, 1024), }"
    let header =
      [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(text.utf8.count))
      + Array(text.utf8)
    let content = header + [UInt8](repeating: 0, count: 192 << 20)
    var target = [UInt8](repeating: 0, count: 2 << 20)
    let count = try content.withUnsafeBytes { source in
      try target.withUnsafeMutableBytes { target in
        try Deflate.deflate(source, level: 1, period: content.count, into: target)
      }
    }
    var record = Archive.Record("weight.npy", content)
    // Without zlib's header and checksum.
    record.payload = Array(target[2..<(try #require(count)) - 4])
    record.compressedSize = record.payload.count
    record.method = 8
    return Archive([record]).bytes
  }

  @Test(arguments: [Source.plain, .transposed, .compressed])
  func compressingTakesNoMore(source: Source) throws {
    try expectBound(from: write(source), "--compress", "gzip:1")
  }

  /// As many bytes are decompressed at a time, whatever they are cast to.
  @Test func castingOnTheWayTakesNoMore() throws {
    let input = try write(.compressed)
    let plain = try expectBound(from: input, "--compress", "gzip:1")
    let cast = try expectBound(from: input, "--compress", "gzip:1", "--cast", "float16")
    #expect(cast <= plain + Self.files.tensorByteCount, "\(cast >> 20) and \(plain >> 20) MiB")
  }

  /// Samples in compressed chunks are decompressed a batch at a time. One batch is enough, and the rest
  /// is read for its checksum, so that this is about reading and not about arithmetic.
  @Test func samplesAreStreamed() throws {
    let fixture = Fixture("torch/digits-shards")
    let samples = 256 << 10
    let inputs = TensorStorage(
      SlabbedBytes(byteCount: samples * 512, slabByteCount: 8) { range, target in
        for (place, index) in range.enumerated() { target[place] = index % 8 == 7 ? 63 : 1 }
      })
    var stateDict = StateDict()
    stateDict["x"] = try Tensor(.float64, shape: [samples, 1, 8, 8], storage: inputs)
    let data = folder.file("data.h5")
    try Checkpoint(root: .dictionary(stateDict.dictionary)).write(
      to: data, options: WritingOptions(compression: .gzip(level: 1)))
    let output = folder.file("out.h5")
    let peak = try Command.peakMemory(
      writing: output,
      [
        "recalibrate", fixture.file("model.pt2"), "--weights", fixture.file("model.pt2"), "--data",
        data, "--batches", "1", "--output", output,
      ])
    #expect(peak <= 64 << 20 && peak > 4 << 20, "\(peak >> 20) MiB of \(inputs.byteCount >> 20)")
  }

  /// Of many files, each is read for a moment.
  @Test func gatheringTakesNoMoreForMoreRanks() throws {
    let large = TensorStorage(computing: 12 << 20) { target in target[7] = 1 }
    let paths = try (0..<16).map { rank in
      var stateDict = try StateDict.batchNorm(
        means: [Array(repeating: Double(rank), count: 512)],
        variances: [Array(repeating: 1, count: 512)], counters: [7])
      stateDict["large"] = try Tensor(.float32, shape: [3 << 20], storage: large)
      let path = folder.file("rank-\(rank).pth")
      try Checkpoint(root: .dictionary(stateDict.dictionary)).write(to: path)
      return path
    }
    let output = folder.file("out.h5")
    let peak = try Command.peakMemory(writing: output, ["gather"] + paths + ["--output", output])
    #expect(peak <= 64 << 20 && peak > 4 << 20, "\(peak >> 20) MiB")
  }

  /// What is kept of each tensor beside its bytes: name, shape and place, but no opcodes of the
  /// pickle, cached metadata or text of headers. (Up to 960 bytes when it was measured, of which half
  /// are for a pickle that does not write its entries in batches.)
  @Test(arguments: ["h5", "pth", "safetensors"])
  func eachNameTakesLittle(format: String) throws {
    let (few, many) = (2000, 20_000)
    let growth = try peak(many, format) - peak(few, format)
    #expect(growth <= (many - few) * 1200, "\(growth / (many - few)) bytes for each")
    #expect(growth > (many - few) * 256, "\(growth) bytes are no measurement")
  }

  /// An array of NumPy is an object with six values in a pickle, which are not kept. (400 bytes when
  /// it was measured, and 880 with its object.)
  @Test func anArrayTakesNoMoreThanATensor() throws {
    let (few, many) = (2000, 20_000)
    let growth = try peak(ofArrays: many) - peak(ofArrays: few)
    #expect(growth <= (many - few) * 600, "\(growth / (many - few)) bytes for each")
    #expect(growth > (many - few) * 128, "\(growth) bytes are no measurement")
  }

  private func peak(ofArrays count: Int) throws -> Int {
    let entries = Pickle.arrays(count).enumerated().flatMap { number, array in
      Pickle.text("layer\(number).weight") + array
    }
    let pickle = Pickle.emptyDict + Pickle.mark + entries + Pickle.setItems
    let input = try folder.write([0x80, 4] + pickle + [0x2E], to: "\(count).pkl")
    let output = folder.file("\(count).safetensors")
    return try Command.peakMemory(writing: output, ["convert", input, output])
  }

  private func peak(_ count: Int, _ format: String) throws -> Int {
    let archive = LargeFiles(side: 8, count: count).checkpoint(strides: [8, 1])
    let input = try folder.write(archive.bytes, to: "\(count)")
    let output = folder.file("\(count).\(format)")
    return try Command.peakMemory(writing: output, ["convert", input, output])
  }

  /// - Returns: the most memory that the conversion had.
  @discardableResult
  private func expectBound(from input: String, _ options: String...) throws -> Int {
    let output = folder.file("out.h5")
    try? FileManager.default.removeItem(atPath: output)
    let peak = try Command.peakMemory(writing: output, ["convert", input, output] + options)
    #expect(peak <= Self.bound, "\(peak >> 20) MiB")
    #expect(peak > Self.files.tensorByteCount, "\(peak) bytes are no measurement")
    return peak
  }

  private func write(_ source: Source) throws -> String {
    let (files, side) = (Self.files, Self.files.side)
    let archive =
      switch source {
      case .plain, .compressed: files.checkpoint(strides: [side, 1])
      case .parts: files.checkpoint(strides: [side, 1], skipping: 1)
      case .transposed: files.checkpoint(strides: [1, side])
      case .deflated: files.arrays(deflated: true)
      case .bigEndian: files.arrays(type: ">f4")
      case .fortranOrder: files.arrays(inFortranOrder: true)
      }
    let input = try folder.write(archive.bytes, to: "in")
    guard source == .compressed else { return input }
    let output = folder.file("in.h5")
    #expect(try Command("convert", input, output, "--compress", "gzip:1").status == 0)
    return output
  }
}

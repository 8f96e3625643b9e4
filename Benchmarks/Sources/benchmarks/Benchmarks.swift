import DBNCheckpointFormats
import DBNCheckpoints
import DBNComparison
import DBNTensors
import Foundation

/// Times what the library does with a ResNet-50 (320 tensors, 98 MiB of random content), each
/// several times in turn, and prints medians. Writing includes the sync to the disk.
///
///     swift run -c release --package-path Benchmarks benchmarks
@main
enum Benchmarks {
  static let runs = 7

  static func main() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "dbn-convert-benchmarks-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }

    let checkpoint = Checkpoint(root: .dictionary(try resnet50().dictionary))
    let megabytes = Double(checkpoint.tensorByteCount) / 1e6
    print("ResNet-50: \(checkpoint.storages.count) tensors, \(Int(megabytes)) MB, \(runs) runs")

    var results: [(name: String, seconds: [Double])] = []
    for format in FormatRegistry.standard.formats where format.isWritable {
      let path = folder.appending(path: "model.\(format.extensions[0])").path
      try results += [
        measure("\(format.name): write") {
          try checkpoint.write(
            to: path, as: format, options: WritingOptions(existing: .replace))
        },
        measure("\(format.name): open and list") { _ = try Checkpoint.open(path).root.leaves },
        measure("\(format.name): check every byte") {
          _ = try IntegrityCheck(try Checkpoint.open(path))
        },
      ]
    }
    for (name, seconds) in results {
      let median = seconds.sorted()[seconds.count / 2]
      let speed = !name.hasSuffix("list") ? ", \(Int(megabytes / median)) MB/s" : ""
      print("\(name): \((median * 1e5).rounded() / 100) ms\(speed)")
    }
  }

  static func measure(
    _ name: String, _ body: () throws -> Void
  ) rethrows -> (name: String, seconds: [Double]) {
    try body()
    let clock = ContinuousClock()
    let seconds = try (0..<runs).map { _ in try clock.measure(body) / .seconds(1) }
    return (name, seconds)
  }
}

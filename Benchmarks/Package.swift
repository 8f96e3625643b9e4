// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that it sees what users see: only what is public.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "dbn-convert", path: "..")],
  targets: [
    .executableTarget(
      name: "benchmarks", dependencies: [.product(name: "DBNConvert", package: "dbn-convert")]),
    .executableTarget(
      name: "forward", dependencies: [.product(name: "DBNConvert", package: "dbn-convert")]),
    .executableTarget(
      name: "batchnorm", dependencies: [.product(name: "DBNConvert", package: "dbn-convert")]),
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because all of it is built with libFuzzer's instrumentation: see `make fuzz`.
let package = Package(
  name: "fuzzing",
  dependencies: [.package(name: "dbn-convert", path: "..")],
  targets: [
    .target(name: "CLibFuzzer"),
    .executableTarget(
      name: "Fuzz",
      dependencies: ["CLibFuzzer", .product(name: "DBNFuzzTargets", package: "dbn-convert")]),
  ],
  swiftLanguageModes: [.v6]
)

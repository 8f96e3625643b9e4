// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["DBNTestSupport"], swiftSettings: settings)
}

let package = Package(
  name: "dbn-convert",
  // The first that have `Mutex` and `Atomic`.
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    // Everything, with one import.
    .library(name: "DBNConvert", targets: ["DBNConvert"]),
    // Reading, writing and mapping checkpoints: no engines and no Foundation.
    .library(name: "DBNCheckpoints", targets: ["DBNCheckpoints", "DBNBatchNorm", "DBNComparison"]),
    // Converting and proving as the command does, without pages.
    .library(name: "DBNConversions", targets: ["DBNConversions"]),
    // The tests that every format must pass: for the tests of who adds one.
    .library(name: "DBNCheckpointFormatContract", targets: ["DBNCheckpointFormatContract"]),
    // What `make fuzz` runs: see docs/fuzzing.md.
    .library(name: "DBNFuzzTargets", targets: ["DBNFuzzTargets"]),
    .executable(name: "dbn-convert", targets: ["dbn-convert"]),
  ],
  dependencies: [
    // The command line: parsing, help and usage errors are not what this project is about.
    // Apple's own, Apache-2.0, no dependency of its own.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Each C library is imported by exactly one Swift module, and by tests.
    .systemLibrary(
      name: "DBNCHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "DBNCZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    // oneDNN is opened at run time, so that the program runs where it is not installed.
    .target(name: "DBNCOneDNN"),
    .target(name: "DBNCPlatform"),

    // The system's C library, whatever its name.
    module("DBNPlatform", ["DBNCPlatform"]),
    module("DBNErrors", []),
    module("DBNBytes", ["DBNErrors", "DBNPlatform", "DBNCZlib"]),
    module("DBNJSON", ["DBNBytes"]),
    module("DBNTensors", ["DBNErrors", "DBNPlatform", "DBNBytes", "DBNJSON"]),
    module("DBNZip", ["DBNPlatform", "DBNTensors"]),
    module("DBNCheckpointFormats", ["DBNPlatform", "DBNTensors"]),
    module("DBNSafetensors", ["DBNPlatform", "DBNTensors", "DBNCheckpointFormats"]),
    module("DBNNumPy", ["DBNTensors", "DBNZip", "DBNCheckpointFormats"]),
    module("DBNTorch", ["DBNTensors", "DBNZip", "DBNCheckpointFormats"]),
    module("DBNHDF5", ["DBNPlatform", "DBNTensors", "DBNCheckpointFormats", "DBNCHDF5"]),
    module(
      "DBNCheckpoints",
      [
        "DBNPlatform", "DBNTensors", "DBNZip", "DBNCheckpointFormats", "DBNSafetensors",
        "DBNNumPy", "DBNTorch", "DBNHDF5",
      ]),
    module("DBNBatchNorm", ["DBNTensors"]),
    // Of stored numbers alone: without models and engines.
    module("DBNComparison", ["DBNTensors", "DBNBatchNorm"]),
    module("DBNModels", ["DBNPlatform", "DBNTensors", "DBNBatchNorm"]),
    module(
      "DBNExecution",
      ["DBNPlatform", "DBNTensors", "DBNBatchNorm", "DBNModels", "DBNCOneDNN"]),
    module(
      "DBNVerification",
      [
        "DBNPlatform", "DBNTensors", "DBNBatchNorm", "DBNComparison", "DBNModels", "DBNExecution",
      ]),
    // What the command does, for programs: no argument parser and no pages.
    module(
      "DBNConversions",
      [
        "DBNTensors", "DBNHDF5", "DBNCheckpointFormats", "DBNCheckpoints", "DBNBatchNorm",
        "DBNComparison", "DBNModels",
        "DBNExecution", "DBNVerification",
      ]),
    module(
      "DBNReports",
      [
        "DBNPlatform", "DBNTensors", "DBNBatchNorm", "DBNComparison", "DBNExecution",
        "DBNVerification",
      ]),
    // One import for all of the above, and what needs Foundation.
    module(
      "DBNConvert",
      [
        "DBNErrors", "DBNTensors", "DBNCheckpointFormats", "DBNCheckpoints", "DBNBatchNorm",
        "DBNComparison", "DBNModels", "DBNExecution", "DBNVerification", "DBNConversions",
        "DBNReports",
      ]),
    .executableTarget(
      name: "dbn-convert",
      dependencies: [
        "DBNPlatform", "DBNTensors", "DBNCheckpointFormats", "DBNCheckpoints", "DBNBatchNorm",
        "DBNComparison", "DBNModels", "DBNExecution", "DBNVerification", "DBNConversions",
        "DBNReports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    .target(
      name: "DBNTestSupport", dependencies: ["DBNErrors", "DBNTensors"],
      path: "Tests/DBNTestSupport",
      swiftSettings: settings),
    .target(
      name: "DBNCheckpointFormatContract",
      dependencies: ["DBNTensors", "DBNCheckpointFormats", "DBNTestSupport"],
      path: "Tests/DBNCheckpointFormatContract", swiftSettings: settings),
    .target(
      name: "DBNFuzzTargets",
      dependencies: [
        "DBNPlatform", "DBNTensors", "DBNZip", "DBNCheckpointFormats", "DBNSafetensors", "DBNNumPy",
        "DBNTorch", "DBNHDF5", "DBNCHDF5", "DBNCheckpoints", "DBNBatchNorm", "DBNComparison",
        "DBNModels", "DBNConversions",
        "DBNTestSupport",
      ],
      path: "Tests/DBNFuzzTargets", swiftSettings: settings),
    tests("DBNFuzzTests", ["DBNFuzzTargets", "DBNZip"]),
    tests("DBNBytesTests", ["DBNBytes"]),
    tests("DBNJSONTests", ["DBNJSON"]),
    tests("DBNTensorsTests", ["DBNTensors", "DBNCheckpointFormatContract"]),
    tests("DBNZipTests", ["DBNZip"]),
    tests(
      "DBNSafetensorsTests",
      ["DBNSafetensors", "DBNCheckpointFormats", "DBNCheckpointFormatContract"]),
    tests(
      "DBNNumPyTests", ["DBNNumPy", "DBNCheckpointFormats", "DBNCheckpointFormatContract"]),
    tests(
      "DBNTorchTests",
      ["DBNTorch", "DBNZip", "DBNCheckpointFormats", "DBNCheckpointFormatContract"]),
    // libhdf5 as an oracle: what is read of a file must be what it says.
    tests(
      "DBNHDF5Tests",
      ["DBNHDF5", "DBNCHDF5", "DBNCheckpointFormats", "DBNCheckpointFormatContract"]),
    tests(
      "DBNCheckpointsTests",
      [
        "DBNPlatform", "DBNCheckpointFormatContract", "DBNCheckpointFormats", "DBNCheckpoints",
        "DBNTorch", "DBNBatchNorm",
        "DBNComparison", "DBNModels", "DBNExecution", "DBNVerification", "DBNConversions",
        "DBNReports",
      ]),
    tests("DBNBatchNormTests", ["DBNBatchNorm"]),
    .systemLibrary(name: "CFormula", path: "Tests/CFormula"),
    tests("DBNModelsTests", ["DBNModels", "DBNBatchNorm"]),
    tests(
      "DBNExecutionTests",
      ["DBNExecution", "DBNBatchNorm", "DBNModels", "DBNTorch", "DBNZip", "CFormula"]),
    tests("DBNComparisonTests", ["DBNComparison", "DBNBatchNorm"]),
    tests(
      "DBNVerificationTests", ["DBNVerification", "DBNBatchNorm", "DBNModels", "DBNExecution"]),
    tests(
      "DBNConversionsTests",
      [
        "dbn-convert", "DBNConversions", "DBNCheckpoints", "DBNBatchNorm", "DBNComparison",
        "DBNModels",
        "DBNVerification",
      ]),
    tests(
      "DBNReportsTests",
      ["DBNReports", "DBNVerification", "DBNBatchNorm", "DBNModels", "DBNExecution"]),
    tests("DBNConvertTests", ["DBNConvert"]),
    tests(
      "CommandTests", ["dbn-convert", "DBNCheckpointFormats", "DBNCheckpoints", "DBNExecution"]),
  ],
  swiftLanguageModes: [.v6]
)

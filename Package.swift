// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// Where oneDNN is, if it is not among the system's libraries: `ONEDNN_ROOT=/opt/onednn swift build`.
let oneDNNRoot = Context.environment["ONEDNN_ROOT"]

/// Whether oneDNN is there, whose engine is built then; `--traits OneDNN` and
/// `--disable-default-traits` say otherwise.
let hasOneDNN = (oneDNNRoot.map { [$0] } ?? ["/usr", "/usr/local"]).contains {
  FileManager.default.fileExists(atPath: "\($0)/include/dnnl.h")
}

/// What every Swift target is compiled with.
let settings: [SwiftSetting] =
  [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (oneDNNRoot.map { [.unsafeFlags(["-Xcc", "-I\($0)/include"])] } ?? [])

/// oneDNN's library; the file itself where it is not the system's, whose folder is searched first.
let oneDNN: [LinkerSetting] =
  oneDNNRoot.map {
    [.unsafeFlags(["\($0)/lib/libdnnl.so", "-Xlinker", "-rpath", "-Xlinker", "\($0)/lib"])]
  } ?? [.linkedLibrary("dnnl", .when(traits: ["OneDNN"]))]

func module(
  _ name: String, _ dependencies: [Target.Dependency], linking: [LinkerSetting] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, swiftSettings: settings, linkerSettings: linking)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["DBNTestSupport"], swiftSettings: settings)
}

let package = Package(
  name: "dbn-convert",
  products: [
    // Everything, with one import.
    .library(name: "DBNConvert", targets: ["DBNConvert"]),
    // Reading, writing and mapping checkpoints: no engines, so no oneDNN, and no Foundation.
    .library(name: "DBNCheckpoints", targets: ["DBNCheckpoints", "DBNBatchNorm", "DBNComparison"]),
    // Converting and proving as the command does, without pages and so without Foundation.
    .library(name: "DBNConversions", targets: ["DBNConversions"]),
    // The tests that every format must pass: for the tests of who adds one.
    .library(name: "DBNCheckpointFormatContract", targets: ["DBNCheckpointFormatContract"]),
    .executable(name: "dbn-convert", targets: ["dbn-convert"]),
  ],
  traits: [
    .trait(name: "OneDNN", description: "The fast engine; needs oneDNN (libdnnl-dev)."),
    .default(enabledTraits: hasOneDNN ? ["OneDNN"] : []),
  ],
  dependencies: [
    // The command line: parsing, help and usage errors are not what this project is about.
    // Apple's own, Apache-2.0, no dependency of its own.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // The pages of --report: what is escaped, and where, is better left to those who do only that.
    // Apache-2.0, no dependency of its own.
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // Each C library is imported by exactly one Swift module, and by tests.
    .systemLibrary(
      name: "DBNCHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "DBNCZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "DBNCLinux"),
    .systemLibrary(name: "DBNCOneDNN", providers: [.apt(["libdnnl-dev"]), .brew(["onednn"])]),

    module("DBNErrors", []),
    module("DBNBytes", ["DBNErrors", "DBNCZlib", "DBNCLinux"]),
    module("DBNJSON", ["DBNBytes"]),
    module("DBNTensors", ["DBNErrors", "DBNBytes", "DBNJSON"]),
    module("DBNZip", ["DBNTensors"]),
    module("DBNCheckpointFormats", ["DBNTensors"]),
    module("DBNSafetensors", ["DBNTensors", "DBNCheckpointFormats"]),
    module("DBNNumPy", ["DBNTensors", "DBNZip", "DBNCheckpointFormats"]),
    module("DBNTorch", ["DBNTensors", "DBNZip", "DBNCheckpointFormats"]),
    module("DBNHDF5", ["DBNTensors", "DBNCheckpointFormats", "DBNCHDF5"]),
    module(
      "DBNCheckpoints",
      [
        "DBNTensors", "DBNZip", "DBNCheckpointFormats", "DBNSafetensors", "DBNNumPy", "DBNTorch",
        "DBNHDF5",
      ]),
    module("DBNBatchNorm", ["DBNTensors"]),
    // Of stored numbers alone: without models and engines.
    module("DBNComparison", ["DBNTensors", "DBNBatchNorm"]),
    module("DBNModels", ["DBNTensors", "DBNBatchNorm"]),
    module(
      "DBNExecution",
      [
        "DBNTensors", "DBNBatchNorm", "DBNModels",
        .target(name: "DBNCOneDNN", condition: .when(traits: ["OneDNN"])),
      ], linking: oneDNN),
    module(
      "DBNVerification",
      ["DBNTensors", "DBNBatchNorm", "DBNComparison", "DBNModels", "DBNExecution"]),
    // What the command does, for programs: no argument parser and no pages.
    module(
      "DBNConversions",
      [
        "DBNTensors", "DBNHDF5", "DBNCheckpointFormats", "DBNCheckpoints", "DBNBatchNorm",
        "DBNComparison", "DBNModels",
        "DBNExecution", "DBNVerification",
      ]),
    // Apart from Verification, since a template engine brings all of Foundation.
    module(
      "DBNReports",
      [
        "DBNTensors", "DBNBatchNorm", "DBNComparison", "DBNExecution", "DBNVerification",
        .product(name: "Mustache", package: "swift-mustache"),
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
        "DBNTensors", "DBNCheckpointFormats", "DBNCheckpoints", "DBNBatchNorm", "DBNComparison",
        "DBNModels",
        "DBNExecution", "DBNVerification", "DBNConversions", "DBNReports",
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
        "DBNCheckpointFormatContract", "DBNCheckpointFormats", "DBNCheckpoints", "DBNTorch",
        "DBNBatchNorm",
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

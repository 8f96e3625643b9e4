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
    name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: settings)
}

let package = Package(
  name: "dbn-convert",
  products: [
    .library(
      name: "DBNConvert",
      targets: [
        "Tensors", "Zip", "CheckpointFormats", "Safetensors", "NumPy", "Torch", "HDF5",
        "Checkpoints", "BatchNorm", "Comparison", "Models", "Execution", "Verification",
        "Conversions", "Reports",
      ]),
    // The tests that every format must pass: for the tests of who adds one.
    .library(name: "CheckpointFormatContract", targets: ["CheckpointFormatContract"]),
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
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"]), .brew(["onednn"])]),

    module("Tensors", ["CZlib", "CLinux"]),
    module("Zip", ["Tensors"]),
    module("CheckpointFormats", ["Tensors"]),
    module("Safetensors", ["Tensors", "CheckpointFormats"]),
    module("NumPy", ["Tensors", "Zip", "CheckpointFormats"]),
    module("Torch", ["Tensors", "Zip", "CheckpointFormats"]),
    module("HDF5", ["Tensors", "CheckpointFormats", "CHDF5"]),
    module(
      "Checkpoints", ["Tensors", "CheckpointFormats", "Safetensors", "NumPy", "Torch", "HDF5"]),
    module("BatchNorm", ["Tensors"]),
    // Of stored numbers alone: without models and engines.
    module("Comparison", ["Tensors", "BatchNorm"]),
    module("Models", ["Tensors", "BatchNorm"]),
    module(
      "Execution",
      [
        "Tensors", "BatchNorm", "Models",
        .target(name: "COneDNN", condition: .when(traits: ["OneDNN"])),
      ], linking: oneDNN),
    module("Verification", ["Tensors", "BatchNorm", "Comparison", "Models", "Execution"]),
    // What the command does, for programs: no argument parser and no pages.
    module(
      "Conversions",
      [
        "Tensors", "HDF5", "CheckpointFormats", "Checkpoints", "BatchNorm", "Comparison", "Models",
        "Execution", "Verification",
      ]),
    // Apart from Verification, since a template engine brings all of Foundation.
    module(
      "Reports",
      [
        "Tensors", "BatchNorm", "Comparison", "Execution", "Verification",
        .product(name: "Mustache", package: "swift-mustache"),
      ]),
    .executableTarget(
      name: "dbn-convert",
      dependencies: [
        "Tensors", "CheckpointFormats", "Checkpoints", "BatchNorm", "Comparison", "Models",
        "Execution", "Verification", "Conversions", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport",
      swiftSettings: settings),
    .target(
      name: "CheckpointFormatContract",
      dependencies: ["Tensors", "CheckpointFormats", "TestSupport"],
      path: "Tests/CheckpointFormatContract", swiftSettings: settings),
    tests("TensorsTests", ["Tensors", "CheckpointFormatContract"]),
    tests("ZipTests", ["Zip"]),
    tests("SafetensorsTests", ["Safetensors", "CheckpointFormats", "CheckpointFormatContract"]),
    tests("NumPyTests", ["NumPy"]),
    tests("TorchTests", ["Torch", "Zip", "CheckpointFormats", "CheckpointFormatContract"]),
    // libhdf5 as an oracle: what is read of a file must be what it says.
    tests("HDF5Tests", ["HDF5", "CHDF5", "CheckpointFormats", "CheckpointFormatContract"]),
    tests(
      "CheckpointsTests",
      [
        "CheckpointFormatContract", "CheckpointFormats", "Checkpoints", "Torch", "BatchNorm",
        "Comparison", "Models", "Execution", "Verification", "Conversions", "Reports",
      ]),
    tests("BatchNormTests", ["BatchNorm"]),
    .systemLibrary(name: "CFormula", path: "Tests/CFormula"),
    tests("ModelsTests", ["Models", "BatchNorm"]),
    tests("ExecutionTests", ["Execution", "BatchNorm", "Models", "Torch", "Zip", "CFormula"]),
    tests("ComparisonTests", ["Comparison", "BatchNorm"]),
    tests("VerificationTests", ["Verification", "BatchNorm", "Models", "Execution"]),
    tests(
      "ConversionsTests",
      [
        "dbn-convert", "Conversions", "Checkpoints", "BatchNorm", "Comparison", "Models",
        "Verification",
      ]),
    tests("ReportsTests", ["Reports", "Verification", "BatchNorm", "Models", "Execution"]),
    tests("CommandTests", ["dbn-convert", "CheckpointFormats", "Checkpoints", "Execution"]),
  ],
  swiftLanguageModes: [.v6]
)

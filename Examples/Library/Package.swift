// swift-tools-version: 6.2
import PackageDescription

// A program as a user writes one: it depends on the library, and has modules whose names the library
// must not take. `make examples` puts the Swift code of the documentation into it, builds it and runs it.
let package = Package(
  name: "library-example",
  dependencies: [.package(name: "dbn-convert", path: "../..")],
  targets: [
    .target(name: "Zip"),
    .target(name: "Models"),
    .target(name: "Reports"),
    .executableTarget(
      name: "Pages",
      dependencies: [
        "Zip", "Models", "Reports", .product(name: "DBNConvert", package: "dbn-convert"),
      ],
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]),
  ],
  swiftLanguageModes: [.v6]
)

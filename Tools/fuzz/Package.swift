// swift-tools-version: 6.2
import PackageDescription

// The readers of the package above, compiled again for libFuzzer with AddressSanitizer and, in C, with
// UndefinedBehaviorSanitizer. Every folder under Sources but two is a link to the original; use Tools/fuzz/run.

let watchedC: [CSetting] = [
  .unsafeFlags(["-fsanitize=address,undefined,fuzzer-no-link", "-fno-sanitize-recover=undefined", "-g", "-UNDEBUG"])
]

// Optimised, but with debugging assertions; testable, since the harness also reaches what is internal.
let watchedSwift: [SwiftSetting] = [
  .unsafeFlags([
    "-sanitize=fuzzer,address", "-parse-as-library", "-enable-testing", "-assert-config", "Debug", "-g",
  ])
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: watchedSwift)
}

let package = Package(
  name: "Fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.0.0"..<"5.0.0"),
  ],
  targets: [
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "CPNGShim", dependencies: ["CPNG", "CZlib"], cSettings: watchedC),
    .target(name: "CPixels", cSettings: watchedC),
    room("RandomStreams"),
    room("TensorFiles", ["CZlib", .product(name: "OrderedCollections", package: "swift-collections")]),
    room(
      "ImageData",
      [
        "CPNGShim", "CPixels", "CZlib", "TensorFiles", "RandomStreams",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(name: "LibFuzzer"),
    .executableTarget(
      name: "Fuzz", dependencies: ["LibFuzzer", "ImageData", "TensorFiles", "RandomStreams", "CZlib"],
      swiftSettings: watchedSwift, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in every Swift target of this package.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// `Tools/setup` registers libtorch with pkg-config and the dynamic linker. Where it could not (no root), LIBTORCH
// names the folder and the programs remember it.
let libtorchSearchPath: [LinkerSetting] =
  Context.environment["LIBTORCH"].map { [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\($0)/lib"])] } ?? []

// Open MPI is needed only where it is asked for: `swift build --traits MPI`.
let withMPI = TargetDependencyCondition.when(traits: ["MPI"])

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, fixtures: Bool = false, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
    exclude: fixtures ? ["Fixtures"] : [], swiftSettings: strict)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")

let package = Package(
  name: "Steadfast",
  products: [
    .library(name: "Steadfast", targets: ["Steadfast"]),
    .executable(name: "steadfast", targets: ["SteadfastCommand"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Work shared by the processes that mpirun or srun starts; needs Open MPI.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.0.0"..<"5.0.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    // Foreign code: system libraries and the shims that keep it behind a C header.
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CLibTorch", pkgConfig: "libtorch"),
    .target(name: "CPNGShim", dependencies: ["CPNG", "CZlib"]),
    .target(name: "CPixels"),
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .target(
      name: "CMPIShim", dependencies: [.target(name: "CMPI", condition: withMPI)],
      cSettings: [.define("STEADFAST_MPI", .when(traits: ["MPI"]))]),
    .target(name: "CTorchShim", dependencies: ["CLibTorch"]),

    // Rooms without torch.
    room("RandomStreams"),
    room("TensorFiles", ["CZlib", orderedCollections]),
    room("ImageData", ["CPNGShim", "CPixels", "CZlib", "TensorFiles", "RandomStreams", crypto, orderedCollections]),
    room("Results"),
    room("Distributed", [.target(name: "CMPIShim", condition: withMPI)]),
    room("Reporting", ["Results", "ImageData", "TensorFiles"]),

    // Rooms over torch.
    .target(
      name: "TorchCore", dependencies: ["CTorchShim", "TensorFiles", "RandomStreams"], swiftSettings: strict,
      linkerSettings: libtorchSearchPath),
    room("OperatorNorms", ["TorchCore", "TensorFiles", "RandomStreams"]),
    room("ResidualNets", ["OperatorNorms", "TorchCore", "TensorFiles", "RandomStreams", orderedCollections]),
    room(
      "Lipschitz",
      ["ResidualNets", "OperatorNorms", "TorchCore", "TensorFiles", "RandomStreams", "Results", crypto]),
    room(
      "Robustness",
      ["ResidualNets", "TorchCore", "TensorFiles", "RandomStreams", "ImageData", "Results", "Distributed"]),
    room(
      "Continual",
      [
        "Robustness", "Lipschitz", "ResidualNets", "TorchCore", "ImageData", "Reporting", "Results", "TensorFiles",
        "RandomStreams", "Distributed", orderedCollections,
        crypto,
        .product(name: "Yams", package: "Yams"),
      ]),
    room(
      "Studies",
      [
        "Robustness", "Lipschitz", "ResidualNets", "OperatorNorms", "TorchCore", "ImageData", "Results", "TensorFiles",
        "RandomStreams", orderedCollections,
      ]),
    room(
      "Steadfast",
      [
        "RandomStreams", "TensorFiles", "ImageData", "Results", "Reporting", "TorchCore", "OperatorNorms",
        "ResidualNets", "Lipschitz", "Robustness", "Continual", "Studies", "Distributed",
      ]),
    .executableTarget(
      name: "SteadfastCommand",
      dependencies: ["Steadfast", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),

    tests("RandomStreams", fixtures: true, []),
    tests("TensorFiles", fixtures: true, ["RandomStreams", orderedCollections]),
    tests("ImageData", fixtures: true, ["CPixels", "RandomStreams", "TensorFiles", crypto]),
    tests("Results", fixtures: true, []),
    tests("Distributed", ["ThreadRanks"]),
    .target(name: "ThreadRanks", dependencies: ["Distributed"], path: "Tests/ThreadRanks", swiftSettings: strict),
    .executableTarget(
      name: "mpi-check", dependencies: ["Distributed"], path: "Tests/MPICheck", swiftSettings: strict),
    tests("Reporting", ["Results", "ImageData"]),
    tests("TorchCore", ["RandomStreams", "TensorFiles"]),
    tests("OperatorNorms", ["TorchCore", "RandomStreams"]),
    tests(
      "ResidualNets", fixtures: true,
      ["Distributed", "ThreadRanks", "TorchCore", "TensorFiles", "RandomStreams", orderedCollections]),
    tests(
      "Lipschitz", fixtures: true,
      [
        "Robustness", "ImageData", "ResidualNets", "OperatorNorms", "TorchCore", "TensorFiles", "RandomStreams",
        "Results",
      ]),
    tests(
      "Robustness", fixtures: true,
      ["ImageData", "ResidualNets", "TorchCore", "TensorFiles", "RandomStreams", "Results"]),
    tests(
      "Continual",
      [
        "Distributed", "ImageData", "Lipschitz", "RandomStreams", "ResidualNets", "Results", "Robustness",
        "TensorFiles", "ThreadRanks", "TorchCore",
      ]),
    tests(
      "Studies",
      [
        "ImageData", "Lipschitz", "OperatorNorms", "RandomStreams", "ResidualNets", "Results", "Robustness",
        "TorchCore",
        orderedCollections,
      ]),
    tests("Steadfast", ["TorchCore"]),
    tests("SteadfastCommand", []),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

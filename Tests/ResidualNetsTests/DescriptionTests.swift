import Foundation
import Testing

@testable import ResidualNets

/// What no network fits is refused in words that say what to do.
@Suite struct DescriptionTests {
  typealias Description = NetworkDescription

  static let sizes: [(Description, [String])] = [
    (.init(depth: 9), ["depth", "6n+2", "not 9"]), (.init(depth: 2), ["6n+2", "not 2"]), (.init(depth: -4), ["6n+2"]),
    (.init(depth: 6008), ["6002", "not 6008"]), (.init(depth: .min), ["6n+2"]), (.init(depth: .max), ["6n+2"]),
    (.init(width: 0), ["width", "1 to 4096", "not 0"]), (.init(width: 1 << 40), ["width", "1 to 4096"]),
    (.init(architecture: .resnet18, depth: 20, width: 64), ["depth of resnet18 is 18", "not 20"]),
    (.init(architecture: .resnet34, depth: 18, width: 64), ["depth of resnet34 is 34", "not 18"]),
    (.init(architecture: .resnet50, depth: 50, width: 2048), ["width of resnet50", "1 to 1024", "not 2048"]),
    (.init(architecture: .mlp, depth: 0, norm: .none), ["depth of an MLP", "1 to 10000", "not 0"]),
    (.init(architecture: .mlp, depth: 10_001, norm: .none), ["1 to 10000"]),
    (.init(architecture: .mlp, depth: 1, norm: .batch), ["MLP has no norm", "set norm to none"]),
    (.init(architecture: .mlp, depth: 1, norm: .group), ["set norm to none"]),
  ]

  static let budgets: [(Description, [String])] = [
    (.init(norm: .batch, branchBudget: 1), ["branch budget", "set norm to none"]),
    (.init(norm: .group, branchBudget: 1), ["set norm to none"]),
    (.init(norm: .none, branchBudget: 0), ["budgets must be positive"]),
    (.init(norm: .none, branchBudget: -1), ["budgets must be positive"]),
    (.init(norm: .none, branchBudget: .infinity), ["budgets must be positive"]),
    (.init(norm: .none, branchBudget: .nan), ["budgets must be positive"]),
    (.init(norm: .none, branchBudget: 1, headBudget: .nan), ["budgets must be positive"]),
    (.init(norm: .none, branchBudget: 1, headBudget: 0), ["budgets must be positive"]),
  ]

  static let dynamics: [(Description, [String])] = [
    (.init(dynamics: .init(step: 0)), ["dynamics.step", "positive", "not 0.0"]),
    (.init(dynamics: .init(step: -1)), ["dynamics.step", "positive", "not -1.0"]),
    (.init(dynamics: .init(step: .nan)), ["dynamics.step"]),
    (.init(block: .scaled, dynamics: .init(alpha: .infinity)), ["dynamics.alpha", "dynamics.beta", "0 to 1"]),
    (.init(block: .scaled, dynamics: .init(beta: 1.5)), ["dynamics.beta", "0 to 1", "1.5"]),
    (.init(block: .scaled, dynamics: .init(beta: -0.1)), ["dynamics.beta", "0 to 1"]),
    (.init(block: .highway, dynamics: .init(gateBias: .nan)), ["dynamics.gateBias"]),
  ]

  static let survival: [(Description, [String])] = [
    (.init(survival: 0), ["survival", "above 0 and at most 1", "not 0.0"]),
    (.init(survival: 1.01), ["survival", "1.01"]),
    (.init(survival: .nan), ["survival"]),
    (.init(block: .plain, survival: 0.5), ["plain", "set survival to 1"]),
    (.init(block: .highway, survival: 0.5), ["highway", "set survival to 1"]),
    (.init(block: .backwardEuler, norm: .none, survival: 0.5), ["backward-euler", "set survival to 1"]),
  ]

  static let kinds: [(Description, [String])] = [
    (.init(block: .plain, initialization: .zero), ["stays there", "set initialization to he"]),
    (.init(block: .plain, initialization: .fixup), ["set initialization to he"]),
    (.init(block: .backwardEuler, norm: .batch), ["batch norm would learn", "set norm to group or none"]),
    (.init(dynamics: .init(shared: true)), ["statistics", "set norm to group or none"]),
    (.init(block: .plain, dynamics: .init(shared: true)), ["plain", "share", "set dynamics.shared to false"]),
    (
      .init(block: .postActivation, dynamics: .init(shared: true)), ["post-activation", "set dynamics.shared to false"]
    ),
  ]

  static let lipschitz: [(Description, [String])] = [
    (.init(width: 5, activation: .maxMin), ["pairs", "even number", "not 5"]),
    (.init(architecture: .vit, depth: 2, width: 8, activation: .maxMin, norm: .layer), ["GELU", "resnet or mlp"]),
    (.init(norm: .none, constraint: .almostOrthogonal), ["almost-orthogonal", "set branchBudget"]),
    (
      .init(initialization: .zero, norm: .none, branchBudget: 1, constraint: .almostOrthogonal),
      ["any weight but zero", "initialization to he"]
    ),
    (.init(norm: .batch, branchBudget: 1, constraint: .almostOrthogonal), ["set norm to none"]),
  ]

  private static func convnet(
    _ convolutions: [Description.Convolution] = Description.usualConvolutions, hidden: [Int] = [100],
    _ change: (inout Description) -> Void = { _ in }
  ) -> Description {
    var description = Description(
      architecture: .convnet, block: .plain, norm: .none, convolutions: convolutions, hidden: hidden)
    change(&description)
    return description
  }

  static let convnets: [(Description, [String])] = [
    (convnet([]), ["1 to 100 convolutions", "not 0 and 1"]),
    (convnet(hidden: Array(repeating: 4, count: 101)), ["not 2 and 101"]),
    (convnet([.init(channels: 0)]), ["channels of convolution 1", "1 to 4096", "not 0"]),
    (convnet([.init(channels: 4), .init(channels: 1 << 40)]), ["channels of convolution 2", "1 to 4096"]),
    (convnet([.init(channels: 4, kernel: 0)]), ["kernel of convolution 1", "1 to 64", "not 0"]),
    (convnet([.init(channels: 4, kernel: .max)]), ["kernel"]), (convnet([.init(channels: 4, stride: 0)]), ["stride"]),
    (convnet([.init(channels: 4, padding: 3)]), ["padding of convolution 1", "0 to 2", "not 3"]),
    (convnet([.init(channels: 4, padding: -1)]), ["padding"]), (convnet([.init(channels: 4, pool: 0)]), ["pool"]),
    (convnet(hidden: [0]), ["hidden layer", "1 to 4096", "not 0"]), (convnet(hidden: [5000]), ["not 5000"]),
    (convnet { $0.depth = 8 }, ["leave depth and width out"]),
    (convnet { $0.width = 64 }, ["leave depth and width out"]),
    (convnet { $0.norm = .batch }, ["a convnet has no norm and no shortcuts"]),
    (convnet { $0.block = .preActivation }, ["a convnet has no norm and no shortcuts"]),
    (convnet([.init(channels: 3)], hidden: []) { $0.activation = .maxMin }, ["pairs", "even"]),
    (convnet(hidden: [100, 7]) { $0.activation = .maxMin }, ["pairs"]),
    (.init(hidden: [10]), ["list the layers of a convnet", "architecture to convnet"]),
    (.init(convolutions: [.init(channels: 4)]), ["list the layers of a convnet"]),
  ]

  static let refused = [convnets, sizes, budgets, dynamics, survival, kinds, lipschitz].flatMap { $0 }

  @Test(arguments: refused) func isRefused(
    description: Description, words: [String]
  ) throws {
    let error = #expect(throws: DescriptionError.self) { try description.validate() }
    let text = try #require(error).description
    for word in words { #expect(text.contains(word), "'\(text)' does not say '\(word)'") }
  }

  /// Every case that the other tests build is allowed, at both ends of its ranges.
  @Test func isAllowed() throws {
    for subject in NetworkCase.all { try subject.description.validate() }
    let edges: [Description] = [
      .init(depth: 6002, width: 4096), .init(architecture: .mlp, depth: 10_000, width: 1, norm: .none),
      .init(block: .scaled, dynamics: .init(alpha: -3, beta: 1), survival: 1e-9),
      .init(block: .highway, norm: .group, dynamics: .init(shared: true, gateBias: -50)),
    ]
    for description in edges { try description.validate() }
  }

  /// A description comes back from JSON as it was, under names that a person can read.
  @Test func isCodable() throws {
    for subject in NetworkCase.all {
      let data = try JSONEncoder().encode(subject.description)
      #expect(try JSONDecoder().decode(Description.self, from: data) == subject.description)
    }
    let text = String(decoding: try JSONEncoder().encode(Description(block: .backwardEuler)), as: UTF8.self)
    #expect(text.contains("\"backward-euler\""))
  }

  @Test func summariesTellThemApart() {
    let all = Set((NetworkCase.kinds + NetworkCase.variants).map(\.description))
    #expect(Set(all.map(\.summary)).count == all.count)
  }
}

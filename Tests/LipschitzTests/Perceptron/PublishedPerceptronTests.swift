import Lipschitz
import ResidualNets
import Testing
import TorchCore

/// LipSDP's two example networks against the values printed by LipSDP and ECLipsE.
@TorchActor @Suite struct PublishedPerceptronTests {
  @Test func theNetworkWithoutNegativeWeightsIsExact() throws {
    try Torch.setThreads(1)
    let network = try perceptron(fixture: "random_weights")
    let bound = try network.perceptronBound()
    let lower = try #require(bound.lower)
    let product = try matrices(network).reduce(.eye(2, dtype: .float64)) { try $1.matmul($0) }
    let exact = try product.singularValues().max().item()
    #expect(abs(exact - 36.48223) < 5e-6)
    #expect(bound.upper >= exact && bound.upper < exact * (1 + 1e-6) && bound.method == .absoluteProduct)
    #expect(lower <= exact && lower > exact * (1 - 1e-6))
    for (method, published) in [
      (PerceptronBound.Method.product, 43.306), (.equalMultipliers, 39.901), (.multipliers, 36.482),
    ] {
      let upper = try #require(bound.uppers[method])
      #expect(upper > published - 1e-3 && upper < published + 1e-3, "\(method): \(upper)")
    }
  }

  @Test func theNetworkOfDigitsIsBracketed() throws {
    try Torch.setThreads(1)
    let bound = try perceptron(fixture: "mnist_weights").perceptronBound()
    let lower = try #require(bound.lower)
    for (method, published) in [(PerceptronBound.Method.product, 31.504), (.equalMultipliers, 26.809)] {
      let upper = try #require(bound.uppers[method])
      #expect(upper > published - 1e-3 && upper < published + 1e-3, "\(method): \(upper)")
    }
    #expect(bound.method == .multipliers && bound.upper <= 24.40 && bound.upper >= 24.299)
    // The best lower bound known is 24.299.
    #expect(lower >= 24.29 && lower <= bound.upper)
  }
}

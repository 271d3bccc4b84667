import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct ExplosionTests {
  init() throws { try Torch.setThreads(1) }

  @Test func tiny() throws {
    let record = try tinyRun(ExplosionStudy())
    for place in 1...3 { #expect(record.criteria[place].outcome == .met, "\(record.criteria[place].detail)") }
  }

  @Test func alternatingNormsWithoutGrowth() throws {
    let course = try JacobianCourse(ExplosionStudy.alternating(60))
    #expect(course.norms.allSatisfy { abs($0 - 1.1) < 1e-15 })
    #expect(abs(course.largestProduct[60] - 60 * log10(1.1)) < 1e-12)
    #expect(abs(course.jacobian[60]) < 1e-12 && abs(course.jacobian[59] - log10(1.1)) < 1e-12)
    #expect(ExplosionStudy.judgeAlternating(course).outcome == .met)
    // Growing matrices do not pass as the alternating ones, nor these as growing.
    let expanding = try JacobianCourse(ExplosionStudy.expanding(8, size: 5, RandomStream(seed: 2)))
    #expect(ExplosionStudy.judgeExpanding([expanding]).outcome == .met)
    #expect(ExplosionStudy.judgeAlternating(expanding).outcome == .notMet)
    #expect(ExplosionStudy.judgeExpanding([course]).outcome == .notMet)
  }

  @Test func expandingMatricesHaveTheirSingularValues() throws {
    for matrix in try ExplosionStudy.expanding(3, size: 6, RandomStream(seed: 4)) {
      let values = try matrix.singularValues().doubles()
      #expect(abs(values[0] - 1.2) < 1e-14 && abs(values[5] - 1.1) < 1e-14)
    }
  }

  @Test func theCourseEndsAtTheNetworksJacobian() throws {
    let toy = try SignalToy(.preActivation)
    let chain = NetworkChain(toy.network)
    let pixels = try toy.pixels.narrowed(0, from: 0, count: 1)
    let course = try JacobianCourse(chain, pixels)
    let first = try withoutGradients { try chain.embed(pixels) }
    let values = try singularValues(at: first) { h in try chain.steps.reduce(h) { try $1.apply($0) } }
    #expect(abs(pow(10, course.jacobian[4]) / values[0] - 1) < 1e-12)
    #expect(course.smallestProduct[4] <= course.jacobian[4] && course.jacobian[4] <= course.largestProduct[4])
  }

  @Test func branchBoundIsAProductOfSpectralNorms() throws {
    let toy = try SignalToy(.preActivation)
    let exact =
      try toy.network.trunk.blocks.map { block in
        try block.branch.linears.map { try $0.weight.value.detached().singularValues().doubles()[0] }.reduce(1, *)
      }.max() ?? 0
    let bound = try toy.network.trunk.branchLipschitzBound()
    #expect(bound >= exact && bound <= exact * 1.001)
  }
}

import Foundation
import Testing

@testable import Results

@Suite struct GrowthFitTests {
  /// A power law is found exactly, in whatever order it is told.
  @Test(arguments: [0.0, 0.5, 1, 2, -1]) func powersAreFound(power: Double) throws {
    let sizes = [50.0, 5, 20, 10]
    let fit = try #require(GrowthFit(sizes: sizes, values: sizes.map { 3 * pow($0, power) }))
    #expect(abs(fit.exponent - power) < 1e-12 && abs(fit.last - power) < 1e-12)
    #expect(try #require(fit.standardError) < 1e-12)
  }

  /// A regression known by hand: ln y = 0, 1, 1 over ln n = 0, 1, 2 has the slope ½, residuals −1/6, 1/3, −1/6, hence
  /// s² = 1/6 and a standard error of √(1/6/2).
  @Test func theStandardErrorIsThatOfTheSlope() throws {
    let e = exp(1.0)
    let fit = try #require(GrowthFit(sizes: [1, e, e * e], values: [1, e, e]))
    #expect(abs(fit.exponent - 0.5) < 1e-12 && abs(fit.last) < 1e-12)
    #expect(abs(try #require(fit.standardError) - (1.0 / 12).squareRoot()) < 1e-12)
  }

  /// What costs 100 at every size hides a square from the fit, less so from the last step.
  @Test func aFixedCostHidesLessAtTheEnd() throws {
    let sizes = [5.0, 10, 20, 50]
    let fit = try #require(GrowthFit(sizes: sizes, values: sizes.map { 100 + $0 * $0 }))
    #expect(fit.exponent < 1.5 && fit.last > fit.exponent)
    // ln(2600/500)/ln(50/20)
    #expect(abs(fit.last - 1.7993) < 1e-3)
  }

  @Test func twoSizesHaveNoError() throws {
    let fit = try #require(GrowthFit(sizes: [1, 10], values: [2, 20]))
    #expect(abs(fit.exponent - 1) < 1e-12 && fit.standardError == nil)
  }

  @Test(arguments: [
    ([], []), ([3], [1]), ([3, 3], [1, 2]), ([1, 2], [1]), ([0, 2], [1, 1]), ([1, 2], [0, 1]),
    ([1, .infinity], [1, 1]),
    ([1, 2], [1, .nan]),
  ])
  func whatCannotBeFittedIsNot(sizes: [Double], values: [Double]) {
    #expect(GrowthFit(sizes: sizes, values: values) == nil)
  }
}

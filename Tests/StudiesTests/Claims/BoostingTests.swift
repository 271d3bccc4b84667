import Lipschitz
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct BoostingTests {
  init() throws { try Torch.setThreads(1) }

  private let course = MarginCourse(margins: [[-3, 0, 3, 1, 2, -1], [-1, 1, 3, 2, 2, -2], [3, 3, 4, 3, 2, 0]])

  @Test func marginsAreAveraged() {
    #expect(course.means() == [1.0 / 3, 5.0 / 6, 2.5])
    #expect(course.means(over: [0, 5]) == [-2, -1.5, 1.5])
    #expect(course.accuracies() == [0.5, 4.0 / 6, 5.0 / 6])
    #expect(zip(course.increments, [0.5, 5.0 / 3]).allSatisfy { abs($0 - $1) < 1e-14 })
  }

  @Test func hardSamplesAreTheLowestThird() {
    let thirds = Thirds([-3, 0, 3, 1, 2, -1])
    #expect(thirds.lowest == [0, 5] && thirds.highest == [4, 2])
    // Samples 0 and 5 gain 6 and 1, samples 4 and 2 gain 0 and 1.
    #expect(course.excessGain(ofLowestBy: [-3, 0, 3, 1, 2, -1]) == 3)
    #expect(course.excessGain(ofLowestBy: [3, 0, -3, -1, -2, 1]) == -3)
  }

  /// h₀ = x and each step adds x: the margin at depth l is (l + 1) times that of x.
  @Test func readsMarginsAtEachDepth() throws {
    let x = try Tensor([2.0, 0.5, 1, 4], [2, 2])
    let chain = NetworkChain(
      embed: { $0 }, steps: (1...3).map { l in .init(name: "\(l)") { try $0 * (Double(l + 1) / Double(l)) } },
      readout: { $0 })
    let course = try MarginCourse(chain, on: LabelledTensors(pixels: x, labels: [0, 0]))
    for (l, row) in course.margins.enumerated() {
      #expect(zip(row, [1.5, -3]).allSatisfy { abs($0 - $1 * Double(l + 1)) < 1e-12 })
    }
  }

  @Test func otherShapesAreRefused() throws {
    let chain = NetworkChain(
      embed: { $0 },
      steps: [.init(name: "narrow", keepsShape: false) { try $0.narrowed(1, from: 0, count: 2) }], readout: { $0 })
    let data = try LabelledTensors(pixels: Tensor([1.0, 2, 3], [1, 3]), labels: [0])
    #expect(throws: StudyError.self) { try MarginCourse(chain, on: data) }
  }

  @Test func theStudyRuns() throws {
    let study = BoostingStudy()
    expectComplete(try runOnGeneratedImages(study), of: study)
  }
}

import RandomStreams
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct CorrectionTests {
  init() throws { try Torch.setThreads(1) }

  @Test(arguments: 0..<10) func cosinesOfKnownSteps(seed: UInt64) throws {
    let stream = RandomStream(seed: seed)
    let h = try Tensor.normal([6, 4], stream.stream("h"), dtype: .float64)
    let target = try Tensor.normal([6, 4], stream.stream("target"), dtype: .float64)
    let missing = try target - h
    let toward = try h + missing * 0.3
    let away = try toward - missing * 0.2
    let cosines = try CorrectionCourse.cosines([h, toward, away, away], toward: target)
    #expect(zip(cosines, [1, -1, 0]).allSatisfy { abs($0 - $1) < 1e-12 }, "seed \(seed): \(cosines)")
  }

  @Test func orthogonalStepsHaveNoCosine() throws {
    let states = try [Tensor([0.0, 0], [1, 2]), Tensor([0.0, 1], [1, 2]), Tensor([1.0, 2], [1, 2])]
    let cosines = try CorrectionCourse.cosines(states, toward: Tensor([1.0, 0], [1, 2]))
    #expect(abs(cosines[0]) < 1e-15 && abs(cosines[1]) < 1e-15)
  }

  @Test func momentsAreKept() throws {
    let h = try Tensor([0.0, 0], [1, 2])
    let step = try Tensor([1.0, 0], [1, 2])
    var course = CorrectionCourse()
    try course.record([h, step])
    try step.assign(Tensor([-1.0, 0], [1, 2]))
    try course.record([h, step])
    #expect(try course.cosines(toward: Tensor([2.0, 0], [1, 2])) == [[1], [-1]])
  }

  @Test func classMeans() throws {
    let states = try Tensor([1.0, 2, 3, 4, 5, 12], [3, 2])
    let means = try ClassTargets(meansOf: states, labels: [1, 0, 1], classCount: 2)
    #expect(try means.points.doubles() == [3, 4, 3, 7])
    #expect(try means.targets(of: [1, 0]).doubles() == [3, 7, 3, 4])
    #expect(try means.wrongTargets(of: [1, 0]).doubles() == [3, 4, 3, 7])
  }

  @Test func theStudyRuns() throws {
    let study = CorrectionStudy()
    let record = try runOnGeneratedImages(study)
    expectComplete(record, of: study)
    #expect(record.figures[0].series.allSatisfy { $0.points.count == 5 }, "before training and after four epochs")
  }
}

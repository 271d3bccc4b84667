import ImageData
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct TaskBenchmarkTests {
  /// Ten images of 1×1, of class 4 then of class 2, as a task that knows both.
  private func benchmark(classes: [Int] = [4, 2]) throws -> TaskBenchmark {
    let labels = (0..<10).map { $0 < 6 ? 4 : 2 }
    let images = try ImageSet(
      height: 1, width: 1, channels: 1, pixels: (0..<10).map { UInt8($0) }, labels: labels,
      classes: (0..<5).map { "class \($0)" }, paths: (0..<10).map { "\($0).png" })
    let task = ImageTask(name: "odd", classes: classes, train: [], test: Array(0..<10))
    return TaskBenchmark(task: task, images: images, device: .cpu)
  }

  @Test func samplesAreSpreadOverTheTask() throws {
    let sample = try benchmark().sample(5)
    #expect(sample.indices == [0, 2, 4, 6, 8] && sample.labels == [0, 0, 0, 1, 1])
    #expect(try (sample.pixels * 255).rounded().integers() == sample.indices)
    #expect(try benchmark().sample(100).indices == Array(0..<10))
    #expect(try benchmark().sample(0).count == 0)
  }

  @Test func anImageOfNoClassOfTheTaskIsRefused() throws {
    #expect(try benchmark().targets == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    let wrong = try benchmark(classes: [4, 3])
    let reason = "task odd holds an image of class 2, which is none of its classes [4, 3]"
    #expect(throws: RunError.unusable(reason: reason)) { try wrong.targets }
  }
}

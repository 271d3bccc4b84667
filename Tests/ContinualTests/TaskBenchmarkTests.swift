import ImageData
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct TaskBenchmarkTests {
  /// Ten images of 1×1, of class 4 then of class 2, as a task that knows both.
  private func benchmark() throws -> TaskBenchmark {
    let labels = (0..<10).map { $0 < 6 ? 4 : 2 }
    let images = try ImageSet(
      shape: ImageShape(height: 1, width: 1, channels: 1), pixels: (0..<10).map { UInt8($0) }, labels: labels,
      classes: (0..<5).map { "class \($0)" }, paths: (0..<10).map { "\($0).png" })
    let all = TaskImages(images, indices: Array(0..<10), targets: labels.map { $0 == 4 ? 0 : 1 })
    let task = ImageTask(
      name: "odd", classes: [4, 2], classNames: ["class 4", "class 2"], train: all, test: all)
    return TaskBenchmark(task: task, device: .cpu)
  }

  @Test func samplesAreSpreadOverTheTask() throws {
    let sample = try benchmark().sample(5)
    #expect(sample.indices == [0, 2, 4, 6, 8] && sample.labels == [0, 0, 0, 1, 1])
    #expect(try (sample.pixels * 255).rounded().integers() == sample.indices)
    #expect(try benchmark().sample(100).indices == Array(0..<10))
    #expect(try benchmark().sample(0).count == 0)
  }
}

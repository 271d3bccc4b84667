import ArgumentParser
import Foundation
import Steadfast

struct BenchFigures: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figures",
    abstract: "Measure this machine: decoding, matrix products, training, inference, attack, bounds, tasks.",
    discussion: """
      Networks are a ResNet-20 of width 16 on random 3×32×32 images in batches of 128, fp32, channels-last. The best of \
      several rounds counts, beside the machine's own matrix-product rate. `continual` trains epochs of a ResNet-8 of \
      width 8 on the folder's images: whole, beside parallel adapters and behind a side path.

      Names: \(BenchTask.allCases.map(\.rawValue).joined(separator: ", ")).

      Examples:
        steadfast bench
        steadfast bench inference fgsm --json
        steadfast bench data continual --images my-images
      """)

  @Argument(help: ArgumentHelp("What to measure. (default: everything)", valueName: "name")) var names: [BenchTask] = []

  @Option(help: "Seconds to spend on each figure.") var seconds = 4.0

  @Option(help: "Threads. (default: one per core)") var threads: Int?

  @Option(
    help: ArgumentHelp(
      "The folder of PNG images for data and continual. (default: the shipped ones)", valueName: "folder"))
  var images: String?

  @OptionGroup var place: DeviceOption

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds must be above 0 and at most 3600") }
    guard (1...1024).contains(threads ?? 1) else { throw ValidationError("--threads must be 1 to 1024") }
  }

  func run() async throws {
    try await output.perform { console in try await TorchActor.run { try measure(console) } }
  }

  @TorchActor
  private func measure(_ console: Console) throws -> BenchFindings {
    try Torch.setThreads(threads ?? 0)
    let device = try (place.device ?? .cpu).device()
    let stopwatch = Stopwatch(seconds: seconds, device: device)
    let wanted = BenchTask.allCases.filter {
      names.isEmpty ? device == .cpu || $0.movesToDevices : names.contains($0)
    }
    if let fixed = wanted.first(where: { device != .cpu && !$0.movesToDevices }) {
      throw CommandError(.usage, "bench \(fixed.rawValue) measures the CPU: leave out --device")
    }
    let images = try images.map(InputFiles.existing) ?? InputFiles.shipped("Datasets/fashion-mini")
    var findings = BenchFindings(threads: Torch.threads, device: device)
    for (index, task) in wanted.enumerated() {
      console.progress("bench \(task.rawValue)", done: index, of: wanted.count, unit: "figures")
      findings.rows += try task.measure(stopwatch, images: images)
    }
    findings.peakMemory = PeakMemory.bytes() ?? 0
    return findings
  }
}

/// What `bench` measured.
struct BenchFindings: CommandResult {
  struct Row: Encodable, Sendable {
    let name: String
    let rate: Double
    let unit: String
    /// What one unit costs in multiplications and additions, where that is counted.
    var gigaflopsPerSecond: Double?
    let note: String
  }

  let schema = "steadfast.bench/1"
  let libtorch = Torch.version
  let cpuCapability = Torch.cpuCapability
  let threads: Int
  let device: String
  var rows: [Row] = []
  /// Largest resident size of this process so far, in bytes.
  var peakMemory = 0

  init(threads: Int, device: Device) {
    self.threads = threads
    self.device = "\(device)"
  }

  var text: String {
    let product = rows.first { $0.name == BenchTask.matmul.rawValue }?.gigaflopsPerSecond
    var table = TextTable(["", "what", "rate", "GFLOP/s", "of matmul"], words: 2)
    for row in rows {
      let share = row.gigaflopsPerSecond.flatMap { own in product.map { own / $0 } }
      table.add([
        row.name, row.note, "\(Numbers.fixed(row.rate, row.rate < 10 ? 2 : 0)) \(row.unit)",
        row.gigaflopsPerSecond.map { Numbers.fixed($0, 0) } ?? "", share.map { Numbers.percent($0) } ?? "",
      ])
    }
    return """
      \(table.text)
      libtorch \(libtorch), \(cpuCapability), \(threads) threads, \(device), peak memory \(Numbers.mebibytes(peakMemory))
      """
  }
}

import Results
import Testing
import TorchCore

@testable import Robustness

/// Attacks on a graphics processor, beside the CPU.
@TorchActor
@Suite(.enabled(if: Device.cudaCount > 0, "there is no CUDA device"))
struct CUDAAttackTests {
  /// What falls there falls on the CPU too, and about as many fall as there; no image is outside its ball.
  @Test func attacksFindWhatTheyFindOnTheCPU() throws {
    let device = Device.cuda(0)
    let network = try convolutionalNetwork(seed: 4)
    let there = try network.mappingTensors { try $0.to(device) }
    let pixels = try images(64, seed: 11)
    let labels = try ownLabels(network, pixels)
    let attacks: [any Attack] = [FGSM(), PGD(steps: 10), APGD(steps: 10), Square(queries: 200)]
    for attack in attacks {
      let streams = sampleStreams(64)
      let ball = try ball(.linf, "6/255")
      let here = try attack.perturb(network, pixels: pixels, labels: labels, within: ball, streams: streams)
      let found = try attack.perturb(
        there, pixels: pixels.to(device), labels: labels, within: ball, streams: streams)
      #expect(found.adversarial.device == device)
      let back = try found.adversarial.to(.cpu)
      #expect(try (back - pixels).abs().max().item() <= ball.radius + 1e-7, "\(attack.name)")
      let verdict = try ownLabels(network, back)
      let agreeing = labels.indices.count { (verdict[$0] != labels[$0]) == found.success[$0] }
      #expect(agreeing >= 62, "\(attack.name): \(agreeing) of 64 verdicts are the CPU's")
      let (more, less) = (found.success.count { $0 }, here.success.count { $0 })
      #expect(abs(more - less) <= 3, "\(attack.name): \(more) beside \(less)")
    }
  }
}

import Results
import Testing

@testable import Continual

@Suite struct ObjectiveConfigurationTests {
  private static let minimal = "data:\n  folder: images\n"

  @Test func everyKeyIsRead() throws {
    let it = try ConfigurationReader.read(
      Self.minimal
        + "training:\n  adversarial: {method: trades, norm: l2, epsilon: 0.50, step: 1/10, steps: 7, beta: 2}\n"
        + "  penalty: {inputGradient: 0.5, lipschitzMargin: 2, marginRadius: 72/255}\n", path: "f.yaml")
    let threat = it.training.adversarial
    #expect(threat.method == .trades && threat.norm == .l2 && threat.steps == 7 && threat.beta == 2)
    #expect(threat.epsilon?.text == "0.50" && threat.step?.text == "1/10")
    let penalty = it.training.penalty
    #expect(penalty.inputGradient == 0.5 && penalty.lipschitzMargin == 2 && penalty.marginRadius?.text == "72/255")
    #expect(try ConfigurationReader.read(it.yaml(), path: "g.yaml") == it)
    let noisy = try ConfigurationReader.read(Self.minimal + "training: {noise: 0.25}", path: "f.yaml")
    #expect(noisy.training.noise == 0.25 && it.training.noise == 0)
    #expect(try ConfigurationReader.read(noisy.yaml(), path: "g.yaml") == noisy)
    var plain = it
    plain.training.adversarial = .init()
    #expect(it.differences(from: plain).contains("training.adversarial.epsilon: null → 0.50"))
  }

  /// Text, what its error's description starts with, and what it has to mention.
  static let wrong: [(text: String, start: String, mention: String)] = [
    (
      "training: {adversarial: {method: fgsm}}", "f.yaml:3:34: 'training.adversarial.method'",
      "none, fgsm-rs, pgd, trades"
    ),
    ("training: {adversarial: {norm: l1}}", "f.yaml:3:32: 'training.adversarial.norm'", "linf or l2"),
    ("training: {adversarial: {epsilon: 2}}", "f.yaml:3:35: 'training.adversarial.epsilon'", "at most 1"),
    ("training: {adversarial: {steps: 0}}", "f.yaml:3:33: 'training.adversarial.steps'", "from 1"),
    ("training: {adversarial: {eps: 1}}", "f.yaml:3:26: unknown key 'training.adversarial.eps'", ""),
    ("training: {noise: -0.1}", "f.yaml:3:19: 'training.noise'", "from 0"),
    ("training: {noise: 0.25, adversarial: {method: pgd}}", "f.yaml:3:19: 'training.noise'", "one of the two"),
    ("strategy: {adapter: {kind: side}}\ntraining: {noise: 0.25}", "f.yaml:4:11: 'training'", "has noise"),
    ("training: {penalty: {inputGradient: -1}}", "f.yaml:3:37: 'training.penalty.inputGradient'", "from 0"),
    (
      "training: {adversarial: {method: pgd}, augmentation: {mixup: 1}}", "f.yaml:3:25: 'training.adversarial'",
      "training.augmentation.mixup"
    ),
    (
      "training: {penalty: {lipschitzMargin: 1}, augmentation: {mixup: 1}}", "f.yaml:3:21: 'training.penalty'",
      "training.augmentation.mixup"
    ),
    (
      "strategy: {adapter: {kind: side}}\ntraining: {adversarial: {method: pgd}}", "f.yaml:4:11: 'training'",
      "parallel or series"
    ),
    ("strategy: {adapter: {kind: side}}\ntraining: {penalty: {inputGradient: 1}}", "f.yaml:4:11: 'training'", "pixels"),
    (
      "network: {architecture: vit}\ntraining: {penalty: {lipschitzMargin: 1}}", "f.yaml:4:11: 'training'",
      "network.architecture vit"
    ),
    ("network: {norm: group}\ntraining: {penalty: {lipschitzMargin: 1}}", "f.yaml:4:11: 'training'", "norm group"),
    ("network: {block: highway}\ntraining: {penalty: {lipschitzMargin: 1}}", "f.yaml:4:11: 'training'", "highway"),
    (
      "network: {block: backward-euler, norm: none, branchBudget: 0.5}\ntraining: {penalty: {inputGradient: 1}}",
      "f.yaml:4:11: 'training'", "second derivatives"
    ),
  ]

  @Test(arguments: wrong) func whatDoesNotFitIsRefused(_ it: (text: String, start: String, mention: String)) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(Self.minimal + it.text, path: "f.yaml")
    }
    #expect(error.description.hasPrefix(it.start), "\(error)")
    #expect(it.mention.isEmpty || error.description.contains(it.mention), "\(error)")
  }

  /// Augmentation changes images before they are perturbed, and mixup goes with a penalty on the gradient.
  @Test func whatFitsIsAccepted() throws {
    for text in [
      "training: {adversarial: {method: pgd}, augmentation: {flip: true, padAndCrop: 2}}",
      "training: {penalty: {inputGradient: 1}, augmentation: {mixup: 1}}",
      "training: {noise: 0.5, penalty: {lipschitzMargin: 1}}",
      "training: {noise: 1, augmentation: {mixup: 1, flip: true}}",
      "network: {architecture: vit, norm: layer}\ntraining: {penalty: {inputGradient: 1}}",
    ] {
      _ = try ConfigurationReader.read(Self.minimal + text, path: "f.yaml")
    }
  }
}

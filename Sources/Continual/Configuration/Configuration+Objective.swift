import Results
import Robustness

extension Configuration {
  /// Training on perturbed images.
  public struct Adversarial: Sendable, Hashable, Codable {
    public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
      case none
      /// One step from a random start (Wong, Rice and Kolter 2020).
      case fgsmRS = "fgsm-rs"
      /// Iterated steps from a random start (Madry et al. 2018).
      case pgd
      /// Clean accuracy, and answers that perturbations leave as they are (Zhang et al. 2019).
      case trades
    }

    public var method = Method.none
    public var norm = PerturbationNorm.linf
    /// In pixels on [0, 1], kept as it is written; nil for 8/255 in L∞ and 128/255 in L2.
    public var epsilon: Rational?
    /// α in pixels; nil for the method's own.
    public var step: Rational?
    /// Gradients taken for a batch, of the iterated methods.
    public var steps = 10
    /// β of TRADES.
    public var beta = 6.0
  }

  /// What is added to the loss of a batch. A weight of 0 leaves a penalty out.
  public struct Penalty: Sendable, Hashable, Codable {
    /// λ of the squared norm of the loss's gradient with respect to the pixels.
    public var inputGradient = 0.0
    /// λ of the cross-entropy of logits whose margins are reduced by what a perturbation could take.
    public var lipschitzMargin = 0.0
    /// c: the L2 size of that perturbation, in pixels; nil for 36/255.
    public var marginRadius: Rational?
  }
}

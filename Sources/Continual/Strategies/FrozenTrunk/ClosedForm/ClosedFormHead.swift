import OrderedCollections
import TorchCore

/// A linear head that follows from sums over the features of all images seen, without gradients. Sums do not know an
/// order, so neither does the head: nothing is forgotten but what the features themselves never held.
protocol ClosedFormHead: AnyObject {
  /// All that is kept of the images, float64.
  var sums: OrderedDictionary<String, Tensor> { get }

  /// Starts with nothing seen.
  /// - Parameters:
  ///   - outputs: O, those of all tasks.
  ///   - features: D, what the head reads.
  func begin(outputs: Int, features: Int, device: Device) throws

  /// Takes features N×D, float64, of images with the numbers of their outputs.
  func add(_ features: Tensor, _ outputs: [Int]) throws

  /// Weight O×D and bias O, float64; zero of an output that was not seen.
  func solution() throws -> (weight: Tensor, bias: Tensor)
}

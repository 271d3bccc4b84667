import Foundation
import RandomStreams
import TorchCore

/// Random float64 values between `low` and `high`.
func uniform(_ shape: [Int], _ stream: RandomStream, _ low: Double = -1, _ high: Double = 1) throws -> Tensor {
  try Tensor.uniform(shape, stream, dtype: .float64) * (high - low) + low
}

/// The largest absolute difference of any element.
func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
  try (a.to(.float64) - b.to(.float64)).abs().max().item()
}

/// The largest resident size that this process has had, in bytes.
func peakResidentBytes() -> Int {
  var usage = rusage()
  #if os(Linux)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  #else
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #endif
}

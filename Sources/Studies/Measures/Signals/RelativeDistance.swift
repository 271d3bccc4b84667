import TorchCore

/// ‖a − b‖ / ‖b‖.
func relativeDistance(_ a: Tensor, _ b: Tensor) throws -> Double { try (a - b).norm().item() / b.norm().item() }

import ResidualNets
import Robustness
import TensorFiles
import TorchCore

/// The networks of the tasks so far as they run, each made when it is first asked for. Up to so many bytes of them are
/// kept, and any other is made anew whenever it is asked for, so that memory does not grow with the number of tasks.
final class DeployedNetworks {
  /// Networks are kept up to so many bytes, together.
  static let mostKeptBytes = 128 << 20

  /// How many there are.
  let count: Int
  /// Of every one: channels, height, width.
  let inputShape: [Int]
  let device: Device
  private let make: (Int) throws -> DeployedNetwork
  private var kept: [Int: DeployedNetwork] = [:]
  /// Bytes that may still be kept.
  private var room: Int

  /// - Parameter make: the network of a task.
  init(
    count: Int, inputShape: [Int], device: Device, keeping room: Int = mostKeptBytes,
    _ make: @escaping (Int) throws -> DeployedNetwork
  ) {
    self.count = count
    self.inputShape = inputShape
    self.device = device
    self.room = room
    self.make = make
  }

  subscript(task: Int) -> DeployedNetwork {
    get throws {
      if let known = kept[task] { return known }
      let network = try make(task)
      let bytes = try network.byteCount
      if bytes <= room {
        kept[task] = network
        room -= bytes
      }
      return network
    }
  }
}

extension DeployedNetworks {
  /// Networks that are there already; at least one.
  convenience init(_ networks: [DeployedNetwork]) {
    self.init(count: networks.count, inputShape: networks[0].inputShape, device: networks[0].device) { networks[$0] }
  }
}

extension DeployedNetwork {
  /// What one tensor takes beside its elements, about.
  private static let bytesPerTensor = 1024

  /// What the network takes in memory, about.
  fileprivate var byteCount: Int {
    get throws {
      var bytes = 0
      _ = try mappingTensors { tensor in
        let element = try tensor.dtype.elementType?.byteCount ?? MemoryLayout<Double>.size
        bytes += Self.bytesPerTensor + tensor.count * element
        return tensor
      }
      return bytes
    }
  }
}

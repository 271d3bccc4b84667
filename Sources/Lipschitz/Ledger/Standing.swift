import ResidualNets
import TorchCore

/// Whether certificates that were issued for a network still hold for what became of it.
public enum Standing: Sendable, Hashable, Codable {
  /// Every constant is what it was, bit for bit, and so is every number of every operation.
  case stands
  /// A constant of this stage, or a number of it, is another: the network has to be bounded and certified anew.
  case changed(stage: String)
  /// Nothing was certified.
  case notCompared

  /// - Parameters:
  ///   - issued: the bound of the network when it was certified.
  ///   - network: as it is now.
  init(of issued: IssuedBound, for network: DeployedNetwork) throws {
    let (old, new) = (issued.fingerprint, try network.fingerprint())
    guard old != new else {
      self = .stands
      return
    }
    let place = zip(old, new).enumerated().first { $1.0 != $1.1 }?.offset ?? min(old.count, new.count)
    self = .changed(stage: network.stageOfConstant(place))
  }
}

extension DeployedNetwork {
  /// The stage whose constant stands at a place of the ``fingerprint()``, block by block; behind all constants come the
  /// numbers that are no tensors, the settings.
  fileprivate func stageOfConstant(_ place: Int) -> String {
    var count = 0
    for stage in body {
      _ = stage.mappingTensors { constant in
        count += 1
        return constant
      }
      if place < count { return stage.name }
    }
    return place < count + 2 ? "head" : "settings"
  }
}

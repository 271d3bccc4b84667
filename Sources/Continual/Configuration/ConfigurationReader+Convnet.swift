import ResidualNets

/// The layers that a convnet lists.
extension ConfigurationReader {
  static func convnet(_ section: ConfigurationSection, _ it: inout NetworkDescription) throws {
    typealias Convolution = NetworkDescription.Convolution
    let convolutions = try section.sections("convolutions", atMost: Convolution.most, convolution)
    if section.names.contains("convolutions") { it.convolutions = convolutions }
    it.hidden = try section.read("hidden", default: it.hidden) {
      try $0.list(atMost: Convolution.most) { try $0.integer(in: Convolution.channelRange) }
    }
    guard it.architecture == .convnet else { return }
    guard !it.convolutions.isEmpty else {
      throw section.error(
        about: "convolutions", "must list at least one", advice: "without any, set network.architecture to perceptron")
    }
    for key in ["depth", "width"] where section.names.contains(key) {
      throw section.error(
        about: key, "says nothing of a convnet",
        advice: "its layers are listed under network.convolutions and network.hidden")
    }
    (it.depth, it.width) = it.listedSize
  }

  private static func convolution(_ section: ConfigurationSection) throws -> NetworkDescription.Convolution {
    typealias Convolution = NetworkDescription.Convolution
    let channels = try section.require(
      "channels", placeholder: 1, advice: "such as {channels: 32, kernel: 5, padding: 2, pool: 2}"
    ) { try $0.integer(in: Convolution.channelRange) }
    var it = Convolution(channels: channels)
    let kernel = try section.read("kernel", default: it.kernel) { try $0.integer(in: Convolution.windowRange) }
    it = Convolution(channels: channels, kernel: kernel)
    it.stride = try section.read("stride", default: it.stride) { try $0.integer(in: Convolution.windowRange) }
    it.padding = try section.read("padding", default: it.padding) { try $0.integer(in: 0...(kernel - 1)) }
    it.pool = try section.read("pool", default: it.pool) { try $0.integer(in: Convolution.windowRange) }
    return it
  }
}

import ArgumentParser
import Steadfast

/// Where torch computes.
struct DeviceOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "cpu, cuda, cuda:N or auto: a CUDA device where there is one. (default: the run's own, else cpu)",
      valueName: "device"))
  var device: DeviceChoice?
}

extension DeviceChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

import Testing
import TorchCore

@TorchActor
@Suite struct DeviceTests {
  @Test func names() throws {
    #expect(try Device(named: "cpu") == .cpu)
    #expect(Device.cpu.description == "cpu")
    #expect(Device.cuda(3).description == "cuda:3")
    #expect(try Device(named: "auto") == (Device.cudaCount > 0 ? .cuda(0) : .cpu))
    #expect(try Tensor.ones([1]).device == .cpu)
  }

  @Test(arguments: [
    "", "gpu", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:x", "cuda:0:0", "auto:1", "cuda:99999999999999999999",
  ])
  func unknownNames(name: String) {
    let error = #expect(throws: TorchError.self) { try Device(named: name) }
    #expect(error?.code == .deviceUnavailable)
    #expect(error?.message.contains("'\(name)'") == true)
  }

  @Test func aDeviceThatIsNotThere() throws {
    let absent = "cuda:\(Device.cudaCount)"
    let error = #expect(throws: TorchError.self) { try Device(named: absent) }
    #expect(error?.code == .deviceUnavailable)
    #expect(error?.message.contains(absent) == true)
    #expect(throws: TorchError.self) { try Tensor.ones([1]).to(.cuda(Device.cudaCount)) }
    #expect(throws: TorchError.self) { try Tensor.ones([1], device: .cuda(Device.cudaCount)) }
  }

  @Test func theLibraryNamesItself() {
    #expect(Torch.version.split(separator: ".").count >= 3)
    #expect(!Torch.cpuCapability.isEmpty)
    #expect(Torch.threads >= 1)
  }
}

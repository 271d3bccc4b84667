import Foundation
import Testing
import TorchCore

@TorchActor
@Suite struct DeviceTests {
  @Test func names() throws {
    #expect(Device.cpu.description == "cpu")
    #expect(Device.cuda(3).description == "cuda:3")
    #expect(try Tensor.ones([1]).device == .cpu)
    try Device.cpu.synchronize()
  }

  @Test(arguments: ["cpu", "cuda", "cuda:0", "cuda:17", "auto"]) func choices(text: String) throws {
    let choice = try #require(DeviceChoice(text))
    #expect("\(choice)" == text)
    let coded = try JSONEncoder().encode([choice])
    #expect(String(decoding: coded, as: UTF8.self) == "[\"\(text)\"]")
    #expect(try JSONDecoder().decode([DeviceChoice].self, from: coded) == [choice])
  }

  @Test func whatIsChosen() throws {
    #expect(try DeviceChoice.cpu.device() == .cpu)
    let count = Device.cudaCount
    for place in 0..<5 {
      #expect(try DeviceChoice.auto.device(place: place) == (count > 0 ? .cuda(place % count) : .cpu))
    }
  }

  @Test(arguments: [
    "", "gpu", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:+1", "cuda:01", "cuda:x", "cuda:0:0", "auto:1", ":",
    "cuda:99999999999999999999",
  ])
  func unknownNames(name: String) throws {
    #expect(DeviceChoice(name) == nil)
    let text = try JSONEncoder().encode([name])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([DeviceChoice].self, from: text) }
  }

  @Test func aDeviceThatIsNotThere() throws {
    let error = #expect(throws: TorchError.self) { try DeviceChoice.cuda(Device.cudaCount).device() }
    #expect(error?.code == .deviceUnavailable)
    #expect(error?.message.contains("cuda:\(Device.cudaCount)") == true)
    #expect(throws: TorchError.self) { try Tensor.ones([1]).to(.cuda(Device.cudaCount)) }
    #expect(throws: TorchError.self) { try Tensor.ones([1], device: .cuda(Device.cudaCount)) }
  }

  @Test func theLibraryNamesItself() {
    #expect(Torch.version.split(separator: ".").count >= 3)
    #expect(!Torch.cpuCapability.isEmpty)
    #expect(Torch.threads >= 1)
  }
}

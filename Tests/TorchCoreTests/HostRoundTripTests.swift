import RandomStreams
import TensorFiles
import Testing
import TorchCore

@TorchActor
@Suite struct HostRoundTripTests {
  @Test(arguments: ElementType.allCases) func everyElementTypeKeepsItsBits(type: ElementType) throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = RandomStream(seed: seed).stream(type.rawValue).generator
      let shape = (0..<Int.random(in: 0...4, using: &random)).map { _ in Int.random(in: 0...4, using: &random) }
      let bytes = (0..<shape.reduce(type.byteCount, *)).map { _ in
        type == .bool ? UInt8.random(in: 0...1, using: &random) : UInt8.random(in: 0...255, using: &random)
      }
      let host = try HostTensor(elementType: type, shape: shape, bytes: bytes)
      let tensor = try Tensor(host)
      #expect(tensor.shape == shape)
      #expect(try tensor.dtype == DType(type))
      #expect(try tensor.host() == host, "seed \(seed)")
    }
  }

  @Test func orderIsRowMajorWhateverTheMemory() throws {
    let image = try Tensor.arange(24).reshaped([1, 2, 3, 4])
    #expect(try image.channelsLast().integers() == Array(0..<24))
    #expect(try image.channelsLast().isChannelsLast)
    #expect(!image.isChannelsLast)
    let matrix = try Tensor.arange(6).reshaped([2, 3])
    #expect(try matrix.transposed().integers() == [0, 3, 1, 4, 2, 5])
    #expect(try matrix.strided(1, from: 1, step: 2).integers() == [1, 4])
  }

  @Test func valuesConvert() throws {
    #expect(try Tensor([1.5, -2.25], [2]).floats() == [1.5, -2.25])
    #expect(try Tensor([Float(0.1)], []).doubles() == [Double(Float(0.1))])
    #expect(try Tensor([UInt8(0), 255], [2]).integers() == [0, 255])
    #expect(try Tensor([-3.9, 3.9], [2]).to(.int64).integers() == [-3, 3])
    #expect(try Tensor([0.0, 2.0], [2]).to(.bool).booleans() == [false, true])
    #expect(try Tensor(indices: [4, 2]).dtype == .int64)
  }

  @Test func aHostCopyIsACopy() throws {
    let tensor = try Tensor.zeros([3])
    let before = try tensor.host()
    try tensor.assign(Tensor.ones([3]))
    #expect(try before.values(as: Float.self) == [0, 0, 0])
    #expect(try tensor.floats() == [1, 1, 1])
  }

  @Test func typesAndFilesAgree() {
    for type in DType.allCases {
      guard let stored = type.elementType else { continue }
      #expect(DType(stored) == type)
    }
    #expect(DType.allCases.count { $0.elementType == nil } == 2)
  }
}

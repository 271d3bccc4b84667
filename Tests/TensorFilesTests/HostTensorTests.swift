import TensorFiles
import Testing

struct HostTensorTests {
  @Test func byteCountsAreThoseOfTheTypes() {
    let widths = ElementType.allCases.map(\.byteCount)
    #expect(widths == [1, 1, 1, 2, 4, 8, 2, 2, 4, 8])
  }

  @Test func valuesComeBack() throws {
    #expect(try HostTensor([1.5, -2] as [Float], shape: [2]).values(as: Float.self) == [1.5, -2])
    #expect(try HostTensor([1.5, -2] as [Double], shape: [2, 1]).values(as: Double.self) == [1.5, -2])
    #expect(try HostTensor([.min, .max] as [Int64], shape: [1, 2]).values(as: Int64.self) == [.min, .max])
    #expect(try HostTensor([0, 255] as [UInt8], shape: [2]).values(as: UInt8.self) == [0, 255])
    #expect(try HostTensor([true, false], shape: [2]).values(as: Bool.self) == [true, false])
    #expect(try HostTensor([7] as [Int32], shape: []).values(as: Int32.self) == [7])
    #expect(try HostTensor([] as [Int16], shape: [0, 5]).values(as: Int16.self) == [])
  }

  @Test func bytesAreLittleEndianAndRowMajor() throws {
    let tensor = try HostTensor([1, 256] as [Int16], shape: [2])
    #expect(tensor.bytes == [1, 0, 0, 1])
    #expect(tensor.elementType == .int16)
    #expect(tensor.count == 2)
  }

  @Test func anyByteButZeroIsTrue() throws {
    let tensor = try HostTensor(elementType: .bool, shape: [4], bytes: [0, 1, 2, 255])
    #expect(try tensor.values(as: Bool.self) == [false, true, true, true])
  }

  @Test func nothingIsConverted() throws {
    let tensor = try HostTensor([1] as [Float], shape: [1])
    expectFault(.unsupported) { try tensor.values(as: Double.self) }
    expectFault(.unsupported) { try tensor.values(as: Int32.self) }
  }

  @Test func shapesThatDoNotFitAreRefused() {
    expectFault(.malformed) { try HostTensor([1, 2, 3] as [Float], shape: [2]) }
    expectFault(.malformed) { try HostTensor([1] as [Float], shape: [-1, -1]) }
    expectFault(.malformed) { try HostTensor([] as [Float], shape: [0, -1]) }
    expectFault(.tooLarge) { try HostTensor([1] as [Float], shape: [1 << 32, 1 << 32]) }
    expectFault(.tooLarge) { try HostTensor([1] as [Double], shape: [.max]) }
    expectFault(.tooLarge) { try HostTensor([] as [Float], shape: [.max, .max, 0]) }
  }

  @Test func equalityIsThatOfTheBytes() throws {
    let nan = try HostTensor([Float.nan], shape: [1])
    #expect(nan == nan)
    #expect(nan.hashValue == (try HostTensor([Float.nan], shape: [1])).hashValue)
    #expect(try HostTensor([0] as [Float], shape: [1]) != HostTensor([-0.0] as [Float], shape: [1]))
    #expect(try HostTensor([0] as [Float], shape: [1]) != HostTensor([0] as [Float], shape: [1, 1]))
    #expect(try HostTensor([0] as [Float], shape: [1]) != HostTensor([0] as [Int32], shape: [1]))
  }
}

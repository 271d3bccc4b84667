import RandomStreams
import Testing
import TorchCore

@TorchActor
@Suite struct FlattenTests {
  init() throws { try Torch.setThreads(1) }

  private func slopes(_ x: Tensor, _ seed: Tensor, _ flatten: (Tensor) throws -> Tensor) throws -> [[Float]] {
    let leaf = try x.asLeaf()
    let first = try #require(try gradients(of: (flatten(leaf) * seed).sum(), withRespectTo: [leaf])[0])
    let cubed = try (flatten(leaf).squared() * flatten(leaf) * seed).sum()
    let recorded = try #require(try gradients(of: cubed, withRespectTo: [leaf], recordingGraph: true)[0])
    let second = try #require(try gradients(of: recorded.squared().sum(), withRespectTo: [leaf])[0])
    return try [first.floats(), second.floats()]
  }

  @Test func layoutChangesNeitherValuesNorGradients() throws {
    for number in 0..<24 {
      let stream = RandomStream(seed: 11).stream(number)
      let shape = [1 + number % 3, [1, 2, 3, 16, 33][number % 5], 1 + number % 4, 1 + number % 7]
      let x = try Tensor.normal(shape, stream.stream("x"))
      let features = shape[1...].reduce(1, *)
      let seed = try Tensor.normal([shape[0], features], stream.stream("seed"))
      let plain = { (x: Tensor) in try x.reshaped([shape[0], features]) }
      let images = try x.channelsLast()
      #expect(try images.flattened().shape == [shape[0], features])
      #expect(try images.flattened().floats() == plain(x).floats(), "\(shape)")
      #expect(try slopes(images, seed) { try $0.flattened() } == slopes(x, seed, plain), "\(shape)")
    }
  }

  @Test func otherShapesAndTypesAreReshaped() throws {
    let x = try Tensor.normal([2, 3, 4, 5], RandomStream(seed: 1)).channelsLast()
    #expect(try x.to(.float64).flattened().to(.float32).floats() == x.flattened().floats())
    #expect(try Tensor.normal([4], RandomStream(seed: 1)).flattened().shape == [4, 1])
    #expect(try Tensor.normal([4, 2, 3], RandomStream(seed: 1)).flattened().shape == [4, 6])
  }
}

import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// The deployed network is the trained network in evaluation.
@TorchActor
@Suite struct DeploymentTests {
  @Test(arguments: NetworkCase.all) func logitsAreEqual(subject: NetworkCase) throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed)
      let network = try subject.makeRandom(stream)
      for (dtype, tolerance) in [(DType.float32, 1e-4), (.float64, 1e-10)] {
        try network.mapTensors { try $0.to(dtype) }
        let pixels = try subject.pixels(5, stream, dtype: dtype)
        let expected = try withoutGradients { try network.logits(pixels, .evaluation) }
        let deployed = try network.deployed()
        let actual = try deployed.logits(pixels)
        #expect(try actual.dtype == dtype)
        #expect(!actual.requiresGradient)
        #expect(try expected.isFinite().allTrue())
        try expectClose(actual, expected, within: tolerance, "seed \(seed), \(dtype)")
        #expect(deployed.inputShape == subject.inputShape && deployed.classCount == 3)
      }
    }
  }

  /// The comparison above would see a fold that forgets something.
  @Test func theComparisonSeesEachTensor() throws {
    for subject in NetworkCase.all where subject.description.branchBudget == nil && subject.adapter?.budget == nil {
      let stream = RandomStream(seed: 3)
      let network = try subject.makeRandom(stream)
      try network.mapTensors { try $0.to(.float64) }
      let pixels = try subject.pixels(5, stream)
      let before = try network.deployed().logits(pixels)
      for (name, module) in network.parts where name != "trunk" || !subject.withAdapter {
        let members = Members(of: module)
        for tensor in members.parameters.values.map(\.value) + members.buffers.values.map(\.value) {
          let old = try tensor.detached().clone()
          try tensor.assign(old * 1.1 + 0.05)
          #expect(try relativeDistance(network.deployed().logits(pixels), before) > 1e-9, "\(subject.testDescription)")
          try tensor.assign(old)
        }
      }
    }
  }

  @Test func numberedNamesAreUnique() throws {
    func names(_ stages: [Stage]) -> [String] {
      stages.flatMap { stage -> [String] in
        guard case .residual(let shortcut, let branch, _) = stage.operation else { return [stage.name] }
        return [stage.name] + names(shortcut) + names(branch)
      }
    }
    for subject in NetworkCase.all {
      let all = names(try subject.make(RandomStream(seed: 1)).deployed().stages)
      #expect(Set(all).count == all.count, "\(subject.testDescription): \(all)")
    }
  }

  @Test func laterTrainingDoesNotReachIt() throws {
    for subject in NetworkCase.all {
      let stream = RandomStream(seed: 5)
      let network = try subject.makeRandom(stream)
      let pixels = try subject.pixels(2, stream, dtype: .float32)
      let deployed = try network.deployed()
      let before = try deployed.logits(pixels).host()
      for (_, module) in network.parts {
        let members = Members(of: module)
        for tensor in members.parameters.values.map(\.value) + members.buffers.values.map(\.value) {
          try tensor.assign(tensor * 1.5 + 0.1)
        }
      }
      #expect(try deployed.logits(pixels).host() == before, "\(subject.testDescription)")
    }
  }

  @Test func mappingTensorsReachesAll() throws {
    for subject in NetworkCase.all {
      let stream = RandomStream(seed: 6)
      let deployed = try subject.makeRandom(stream).deployed()
      let doubled = try deployed.mappingTensors { try $0.to(.float64) }
      let pixels = try subject.pixels(2, stream)
      let logits = try doubled.logits(pixels)
      #expect(try logits.dtype == .float64, "a constant left in float32 would be refused or promoted")
      try expectClose(logits, deployed.logits(pixels.to(.float32)), within: 1e-4)
    }
  }
}

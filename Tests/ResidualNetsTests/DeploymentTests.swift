import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// The deployed network is the trained network in evaluation.
@TorchActor
@Suite struct DeploymentTests {
  @Test(arguments: NetworkCase.all) func logitsAreEqual(subject: NetworkCase) throws {
    // Searches end at a residual of 1e-5, or 1e-11.
    let isImplicit = subject.description.block == .backwardEuler
    for seed in 1...2 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed)
      let network = try subject.makeRandom(stream)
      for (dtype, tolerance) in [(DType.float32, isImplicit ? 1e-3 : 1e-4), (.float64, isImplicit ? 1e-8 : 1e-10)] {
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
    for subject in NetworkCase.all
    where subject.description.branchBudget == nil && subject.adapter?.budget == nil && subject.description.depth < 18
      && (!subject.withAdapter || subject.description.width == 4 && subject.description.norm != .group)
    {
      let stream = RandomStream(seed: 3)
      let network = try subject.makeRandom(stream)
      try network.mapTensors { try $0.to(.float64) }
      let pixels = try subject.pixels(3, stream)
      let before = try network.deployed().logits(pixels)
      for (name, module) in network.parts where name != "trunk" || !subject.withAdapter {
        let members = Members(of: module)
        let values =
          members.parameters.mapValues(\.value).map { ($0, $1) }
          + members.buffers.mapValues(\.value).map { ($0, $1) }
        for (path, tensor) in values {
          let old = try tensor.detached().clone()
          try tensor.assign(old * 1.1 + 0.05)
          #expect(
            try relativeDistance(network.deployed().logits(pixels), before) > 1e-9,
            "\(subject.testDescription): \(name)/\(path)")
          try tensor.assign(old)
        }
      }
    }
  }

  /// Layers have names of their own; a shared branch has its layers' names wherever it is used.
  @Test func namesAreUnique() throws {
    func names(_ stages: [Stage]) -> [String] {
      stages.flatMap { stage -> [String] in
        switch stage.operation {
        case .residual(let shortcut, let branch, _): [stage.name] + names(shortcut) + names(branch)
        case .highway(let shortcut, let gate, let branch): [stage.name] + names(shortcut + gate) + names(branch)
        case .implicit(let branch, _): [stage.name] + names(branch)
        default: [stage.name]
        }
      }
    }
    for subject in NetworkCase.all {
      let network = try subject.make(RandomStream(seed: 1))
      let all = names(try network.deployed().stages)
      let branches = network.trunk.blocks.map { ObjectIdentifier($0.branch) }
      if Set(branches).count == branches.count {
        #expect(Set(all).count == all.count, "\(subject.testDescription): \(all)")
      } else {
        let sites = Set(network.trunk.blocks.map(\.site))
        #expect(all.filter(sites.contains) == network.trunk.blocks.map(\.site))
        let counts = Dictionary(all.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(Set(counts.values) == Set([1] + Dictionary(branches.map { ($0, 1) }, uniquingKeysWith: +).values))
      }
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

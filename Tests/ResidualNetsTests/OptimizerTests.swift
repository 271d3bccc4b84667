import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct OptimizerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let description: OptimizerDescription
    var testDescription: String { name }
  }

  /// The optimizers of `Tools/oracles/optimizers.py` that are offered here.
  nonisolated static let cases = [
    Case(name: "sgd", description: .init(kind: .sgd, momentum: 0, weightDecay: 0)),
    Case(name: "sgd_momentum", description: .init(kind: .sgd)),
    Case(name: "sgd_nesterov", description: .init(kind: .sgd, nesterov: true)),
    Case(name: "sgd_decay", description: .init(kind: .sgd, momentum: 0, weightDecay: 0.1)),
    Case(name: "adam", description: .init(kind: .adam, weightDecay: 0)),
    Case(name: "adam_decay", description: .init(kind: .adam, weightDecay: 0.1)),
    Case(name: "adamw", description: .init(kind: .adamw, weightDecay: 0.1)),
  ]

  private func parameters(_ golden: Golden, _ dtype: DType) throws -> OrderedDictionary<String, Parameter> {
    try [
      "weight": Parameter(golden("initial.weight").to(dtype)), "bias": Parameter(golden("initial.bias").to(dtype)),
    ]
  }

  private func slopes(_ golden: Golden, _ step: Int, _ dtype: DType) throws -> [Tensor] {
    try ["weight", "bias"].map { name in
      let all = try golden("gradient.\(name)").to(dtype)
      return try all.narrowed(0, from: step, count: 1).reshaped(Array(all.shape[1...])).clone()
    }
  }

  @Test(arguments: cases, [DType.float64, .float32]) func followsPyTorch(subject: Case, dtype: DType) throws {
    let golden = try Golden("optimizers")
    let parameters = try parameters(golden, dtype)
    let optimizer = try subject.description.makeOptimizer(for: parameters)
    for step in 0..<10 {
      try optimizer.step(gradients: slopes(golden, step, dtype), rate: 0.1)
      for (name, parameter) in parameters {
        let expected = try golden("\(subject.name).\(name)").narrowed(0, from: step, count: 1)
          .reshaped(parameter.value.shape)
        try expectClose(
          parameter.value, expected, within: dtype == .float64 ? 1e-7 : 2e-6, "\(subject.name) \(name) step \(step)")
      }
    }
  }

  @Test func scheduledRate() throws {
    let golden = try Golden("optimizers")
    let parameters = try parameters(golden, .float64)
    let optimizer = try OptimizerDescription(kind: .sgd).makeOptimizer(for: parameters)
    for step in 0..<10 {
      let rate = 0.1 * Schedule.cosine.factor(step: step, total: 10)
      try optimizer.step(gradients: slopes(golden, step, .float64), rate: rate)
    }
    for (name, parameter) in parameters {
      let last = try golden("scheduled.\(name)").narrowed(0, from: 9, count: 1).reshaped(parameter.value.shape)
      try expectClose(parameter.value, last, within: 1e-7, name)
    }
  }

  @Test func schedules() throws {
    let golden = try Golden("optimizers")
    let cosine = try golden("schedule.cosine").doubles()
    let milestones = try golden("schedule.milestones").doubles()
    let step = Schedule.step(milestones: [3.0 / 20, 7.0 / 20, 15.0 / 20], factor: 0.2)
    for (index, rate) in cosine.enumerated() {
      #expect(abs(0.1 * Schedule.cosine.factor(step: index, total: 10) - rate) < 1e-8)
    }
    for (index, rate) in milestones.enumerated() {
      #expect(abs(0.1 * step.factor(step: index, total: 20) - rate) < 1e-8, "step \(index)")
    }
    #expect(Schedule.constant.factor(step: 5, total: 9) == 1)
    // numpy.interp([1 … 10], [0, 4, 10], [0, 1, 0]), as Wong et al.'s program has it.
    let cyclic = [0.25, 0.5, 0.75, 1, 5.0 / 6, 4.0 / 6, 0.5, 2.0 / 6, 1.0 / 6, 0]
    for (index, rate) in cyclic.enumerated() {
      #expect(abs(Schedule.cyclic.factor(step: index, total: 10) - rate) < 1e-12, "step \(index)")
    }
  }

  /// `gradients(of:)` may give a convolution's gradient another memory order than its weight has.
  @Test(arguments: OptimizerDescription.Kind.allCases) func memoryOrderDoesNotMatter(kind: OptimizerDescription.Kind)
    throws
  {
    let start = try Tensor.normal([3, 2, 3, 3], RandomStream(seed: 1))
    let slope = try Tensor.normal([3, 2, 3, 3], RandomStream(seed: 2))
    let layouts = [
      slope, try slope.channelsLast(), try slope.permuted([3, 2, 1, 0]).contiguous().permuted([3, 2, 1, 0]),
    ]
    let results = try layouts.map { layout in
      let parameter = try Parameter(start.clone())
      let optimizer = try OptimizerDescription(kind: kind).makeOptimizer(for: ["w": parameter])
      for _ in 0..<3 { try optimizer.step(gradients: [layout], rate: 0.1) }
      return try parameter.value.detached().host()
    }
    #expect(results[1] == results[0])
    #expect(results[2] == results[0])
  }

  @Test func aStepLeavesGradientsAlone() throws {
    for kind in OptimizerDescription.Kind.allCases {
      let slope = try Tensor.ones([4])
      let optimizer = try OptimizerDescription(kind: kind, weightDecay: 0.1).makeOptimizer(
        for: ["w": Parameter(Tensor.ones([4]))])
      try optimizer.step(gradients: [slope], rate: 0.1)
      #expect(try slope.floats() == [1, 1, 1, 1])
    }
  }

  @Test(arguments: cases) func aSavedStateContinuesBitForBit(subject: Case) throws {
    let golden = try Golden("optimizers")
    func run(interrupted: Bool) throws -> [HostTensor] {
      var parameters = try parameters(golden, .float32)
      var optimizer = try subject.description.makeOptimizer(for: parameters)
      for step in 0..<10 {
        if interrupted && step == 5 {
          let state = try optimizer.state()
          let values = try parameters.mapValues { try $0.value.detached().host() }
          parameters = try values.mapValues { try Parameter(Tensor($0)) }
          optimizer = try subject.description.makeOptimizer(for: parameters)
          try optimizer.load(state)
        }
        try optimizer.step(gradients: slopes(golden, step, .float32), rate: 0.1)
      }
      return try parameters.values.map { try $0.value.detached().host() } + optimizer.state().values
    }
    #expect(try run(interrupted: true) == run(interrupted: false))
  }

  @Test(arguments: cases) func aStateThatDoesNotFitIsNamed(subject: Case) throws {
    let golden = try Golden("optimizers")
    func make() throws -> any Optimizer { try subject.description.makeOptimizer(for: parameters(golden, .float32)) }
    let source = try make()
    for step in 0..<3 { try source.step(gradients: slopes(golden, step, .float32), rate: 0.1) }
    let state = try source.state()

    for key in state.keys {
      var missing = state
      missing[key] = nil
      var misshapen = state
      misshapen[key] = try HostTensor([Float](repeating: 0, count: 7), shape: [7])
      for broken in [missing, misshapen] {
        let target = try make()
        let before = try target.state()
        let error = #expect(throws: StateError.self) { try target.load(broken) }
        #expect(error?.reason.contains("'\(key)'") == true, "\(key): \(String(describing: error))")
        #expect(try target.state() == before, "nothing is loaded where something does not fit")
      }
    }
    var extra = state
    extra["momentum.other"] = try HostTensor([Float(0)], shape: [1])
    let error = #expect(throws: StateError.self) { try make().load(extra) }
    #expect(error?.reason.contains("'momentum.other'") == true)
    for steps in [Int64.min, -1, .max] {
      var absurd = state
      absurd["step"] = try HostTensor([steps], shape: [])
      #expect(throws: StateError.self, "\(steps) steps") {
        let target = try make()
        try target.load(absurd)
        try target.step(gradients: slopes(golden, 0, .float32), rate: 0.1)
      }
    }
  }

  @Test func frozenParametersAreNotInIt() throws {
    let network = try NetworkCase(description: .init(width: 2)).make(RandomStream(seed: 1))
    try network.trunk.freeze()
    let optimizer = try OptimizerDescription().makeOptimizer(for: network.allParameters)
    #expect(Array(optimizer.parameters.keys) == ["head/weight", "head/bias"])
  }
}

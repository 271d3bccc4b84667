import TorchCore

/// Linear functions a·h + c of a layer's values h that lie below quantities of interest, several rows a sample, on
/// their way back through a network (CROWN: Zhang et al. 2018).
///
/// Rounding is charged step by step. Where a step replaces a·(W h + b) by â·h + ĉ, the two differ over the box of h by
/// at most γ⟨|a|, |W||h| + |b|⟩, whatever â was rounded to; that is added to `loss`, together with what the network's
/// own arithmetic may have taken there. So a·h + c − loss holds exactly for the computed a, c and loss.
struct LinearBounds {
  private let samples: Int
  private let rows: Int
  private let rounding: LocalRounding
  /// a: (N·R)×(a sample of the layer).
  private var coefficients: Tensor
  /// c: N×R.
  private var constant: Tensor
  /// N×R.
  private var loss: Tensor

  /// - Parameter coefficients: N×R×(a sample of the layer), exact.
  init(_ coefficients: Tensor, _ rounding: LocalRounding) throws {
    let shape = coefficients.shape
    (samples, rows) = (shape[0], shape[1])
    self.rounding = rounding
    self.coefficients = try coefficients.reshaped([samples * rows] + shape.dropFirst(2))
    constant = try .zeros([samples, rows], dtype: .float64)
    loss = constant
  }

  /// Lower bounds N×R after each step back, the best of which is taken: at the layers passed, and at the image.
  func least(through trail: [RelaxedStage]) throws -> Tensor {
    var bounds = self
    var best: Tensor?
    for (index, stage) in trail.enumerated().reversed() {
      try bounds.pass(stage)
      let least = try bounds.least(over: stage.input, clipping: index == 0)
      best = try best.map { try $0.maximum(least) } ?? least
    }
    return try best ?? constant - loss
  }

  // MARK: - Steps back

  private mutating func pass(_ stage: RelaxedStage) throws {
    switch stage.relaxation {
    case .affine(let map, let size):
      if !map.isExact { try charge(size, inner: map.inner, own: map.inner + map.adjointInner) }
      if let bias = map.bias { try add(dot(coefficients, bias)) }
      coefficients = try map.adjoint(coefficients)
    case .lines(let lines): try pass(lines, size: stage.input.size + LocalRounding.underflow)
    case .pairs(let lines): try pass(pairs: lines, size: stage.input.size + LocalRounding.underflow)
    case .box(let output):
      try charge(output.size + LocalRounding.underflow)
      let positive = try coefficients.relu()
      try add(dot(positive, output.lower) + dot(coefficients - positive, output.upper))
      coefficients = try .zeros([samples * rows] + stage.input.lower.shape.dropFirst(), dtype: .float64)
    case .sum(let shortcut, let branch, let scale, let size):
      try charge(size, inner: 3)
      var (left, right) = (self, self)
      (left.constant, left.loss) = (try constant.zerosLike(), try loss.zerosLike())
      (right.constant, right.loss) = (left.constant, left.loss)
      right.coefficients = try coefficients * scale
      for stage in shortcut.reversed() { try left.pass(stage) }
      for stage in branch.reversed() { try right.pass(stage) }
      coefficients = try left.coefficients + right.coefficients
      loss = try loss + left.loss + right.loss
      try add(left.constant)
      try add(right.constant)
      try charge(stage.input.size + LocalRounding.underflow)
    }
  }

  /// From below, a positive coefficient takes the lower line and a negative one the upper.
  private mutating func pass(_ lines: RelaxedStage.Lines, size: Tensor) throws {
    let drop = lines.lowerIntercept ?? 0
    try charge(size + abs(drop))
    let positive = try coefficients.relu()
    let negative = try coefficients - positive
    try add(dot(negative, lines.upperIntercept))
    if drop != 0 { try add(asRows(positive).sum([2]) * drop) }
    coefficients = try
      (asRows(positive, lines.lowerSlope) { try $0 * $1 } + asRows(negative, lines.upperSlope) { try $0 * $1 })
      .reshaped(coefficients.shape)
  }

  /// c·max(a, b) + d·min(a, b) = d·a + c·b + (c − d)·max(a − b, 0), and the lines around the last.
  private mutating func pass(pairs lines: RelaxedStage.Lines, size: Tensor) throws {
    // The axis of channels: behind that of samples, and the last one of tokens.
    let axis = coefficients.rank == 3 ? 2 : 1
    let (a, b) = try size.halves(axis)
    let sizes = try a + b
    try charge(.concatenated([sizes, sizes], axis))
    let (c, d) = try coefficients.halves(axis)
    let difference = try c - d
    let positive = try difference.relu()
    let negative = try difference - positive
    try add(dot(negative, lines.upperIntercept))
    let slope = try
      (asRows(positive, lines.lowerSlope) { try $0 * $1 } + asRows(negative, lines.upperSlope) { try $0 * $1 })
      .reshaped(difference.shape)
    coefficients = try .concatenated([d + slope, c - slope], axis)
  }

  private mutating func add(_ term: Tensor) throws {
    constant = try constant + term
    loss = try loss + constant.abs() * LocalRounding.own(1)
  }

  /// Charges γ⟨|a|, size⟩.
  private mutating func charge(_ size: Tensor, inner: Int? = nil, own: Int = 0) throws {
    let length = own + coefficients.count / (samples * rows)
    let unit = inner.map { rounding.layer(inner: $0, own: length) } ?? LocalRounding.own(length)
    loss = try loss + dot(coefficients.abs(), size) * unit
  }

  // MARK: - At a layer

  /// The least of the function over an enclosure, rounded down: N×R.
  /// - Parameter clipping: whether the part of the ball outside the box is left out, which costs a little more.
  private func least(over enclosure: Enclosure, clipping: Bool) throws -> Tensor {
    let rounded = 1 + LocalRounding.own(coefficients.count / (samples * rows))
    let magnitude = try coefficients.abs()
    let (middle, radius) = try enclosure.middle
    let size = try enclosure.size + LocalRounding.underflow
    let error = try dot(magnitude, size) * (8 * (rounded - 1))
    let box = try dot(coefficients, middle) - dot(magnitude, radius) * rounded
    let reach = try enclosure.reach.reshaped([-1, 1])
    let slope = try asRows(coefficients).norm(2, [2])
    var least = try box.maximum(dot(coefficients, enclosure.center) - slope * reach * rounded)
    if clipping { least = try least.maximum(leastInClippedBall(enclosure, slope: slope, reach: reach, rounded)) }
    let total = try constant + least
    return try total - (loss + error + (total.abs() + constant.abs()) * LocalRounding.own(2)) * ForwardError.slack
  }

  /// min a·δ over ‖δ‖ ≤ ρ within the box, from below by weak duality: for any λ > 0 it is at least
  /// Σ min(aᵢδᵢ + λδᵢ²) − λρ², each minimum over the box alone. λ = ‖a‖/(2ρ) would be best without a box; the box
  /// shortens the minimiser δ, so λ is brought to where ‖δ‖ = ρ in a few steps.
  private func leastInClippedBall(
    _ enclosure: Enclosure, slope: Tensor, reach: Tensor, _ rounded: Double
  ) throws -> Tensor {
    let a = try asRows(coefficients)
    let (low, high) = (
      try (enclosure.lower - enclosure.center).reshaped([samples, 1, -1]),
      try (enclosure.upper - enclosure.center).reshaped([samples, 1, -1])
    )
    let start = try dot(coefficients, enclosure.center)
    var weight = try (slope + LocalRounding.underflow) / ((reach + LocalRounding.underflow) * 2)
    var best: Tensor?
    for _ in 0..<4 {
      let lambda = try weight.reshaped([samples, rows, 1])
      let delta = try (a / (lambda * -2)).maximum(low).minimum(high)
      let sum = try (delta * (a + lambda * delta)).sum([2])
      let value = try start + sum - weight * reach.squared() * rounded
      best = try best.map { try $0.maximum(value) } ?? value
      weight = try weight * (delta.norm(2, [2]) / (reach + LocalRounding.underflow)).clamped(0.01, 1)
    }
    return try best ?? start - slope * reach * rounded
  }

  // MARK: - Rows

  /// N×R×(everything else).
  private func asRows(_ batch: Tensor) throws -> Tensor { try batch.reshaped([samples, rows, -1]) }

  /// Rows beside one value a sample's unit.
  private func asRows(
    _ batch: Tensor, _ perUnit: Tensor, _ combine: (Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    try combine(asRows(batch), perUnit.reshaped([perUnit.size(0), 1, -1]))
  }

  /// ⟨row, values⟩ of each row, for values of each sample or of all: N×R.
  private func dot(_ batch: Tensor, _ values: Tensor) throws -> Tensor {
    try asRows(batch).matmul(values.reshaped([values.size(0), -1, 1])).reshaped([samples, rows])
  }
}

import Results
import TorchCore

// How each row gets its figures.
extension NetworkAudit {
  func iterative(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    try Audit.iterativeIsStronger(
      singleStep: images.correct(FGSM(), within: ball), iterative: audited.correct,
      context: context(plan.attack) + " against FGSM")
  }

  /// A quarter, a half and three quarters of FGSM's step.
  func overfitting(_ images: AuditMaterial) throws -> AuditRow {
    let steps = try images.attacked(FGSM(), within: ball)
    let parts = try [0.25, 0.5, 0.75].map { part in
      try images.correct(
        on: zip(images.batches, steps).map { batch, step in
          try batch.pixels.addingProduct(step.adversarial - batch.pixels, batch.pixels.zerosLike() + part)
        })
    }
    return try Audit.singleStepSeesItsParts(
      whole: steps.correct, parts: steps.correct.indices.map { image in parts.allSatisfy { $0[image] } },
      context: context("\(ball), FGSM"))
  }

  /// ε/4, ε/2 and ε, with FGSM's accuracy at each for the reader.
  func curve(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    let smaller = try [4, 2].compactMap { try part(of: ball, $0) }
    var curve = try smaller.map { (epsilon: $0.epsilon, correct: try images.correct(plan.attack, within: $0)) }
    curve.append((epsilon: ball.epsilon, correct: audited.correct))
    let single = try (smaller + [ball]).map { Audit.percent(Tally(try images.correct(FGSM(), within: $0)).rate) }
    let sizes = curve.map(\.epsilon.text).joined(separator: ", ")
    return try Audit.accuracyFalls(
      curve,
      context: context("\(ball.norm.symbol) \(sizes), PGD \(plan.attack.steps) steps")
        + " (FGSM: \(single.joined(separator: ", ")))")
  }

  func halfBall(_ images: AuditMaterial) throws -> AuditRow {
    let half = PerturbationBall(.linf, try Rational("1/2"))
    return try Audit.halfBallIsAtChance(
      correct: images.correct(plan.doubled, within: half), labels: images.batches.flatMap(\.labels),
      classes: network.classCount,
      context: context(plan.doubled, half))
  }

  func everything(_ images: AuditMaterial) throws -> AuditRow {
    let everything = PerturbationBall(.linf, try Rational("1"))
    let found = try images.attacked(plan.doubled, within: everything)
    return Audit.curveReachesZero(
      correct: found.correct, predictions: images.batches.flatMap(\.cleanPredictions) + found.flatMap(\.predictions),
      classes: network.classCount,
      context: context(plan.doubled, everything))
  }

  func doubling(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    try Audit.doublingChangesLittle(
      correct: audited.correct, doubled: images.correct(plan.doubled, within: ball),
      context: context(plan.attack) + " against \(plan.doubled.steps)")
  }

  func restarts(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    let restarted = try plan.furtherStarts.map { try images.attacked($0, within: ball, carrying: audited) } ?? audited
    return try Audit.restartsChangeLittle(
      correct: audited.correct, restarted: restarted.correct, context: context(plan.attack))
  }

  func stepSizes(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    let sweep = try plan.stepSizes.map { stepSize in
      var attack = plan.attack
      attack.stepSize = stepSize
      return (stepSize: "steps of \(stepSize.text)", correct: try images.correct(attack, within: ball))
    }
    return try Audit.stepSizesChangeLittle(
      correct: audited.correct, sweep: sweep, context: context(plan.attack) + " of \(plan.attack.stepSize.text)")
  }

  func blackBox(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    guard let blackBox else { return Audit.row(Audit.blackBoxCheck, nil, "Square has no form for L1", subject) }
    return try Audit.blackBoxIsWeaker(
      blackBox: images.correct(blackBox, within: ball), whiteBox: audited.correct,
      context: context(plan.attack) + " against \(blackBox.name) (\(blackBox.settings(classes: network.classCount)))")
  }

  func noise(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    try Audit.noiseIsWeaker(
      noise: images.correct(EqualNormNoise(), within: ball), attack: audited.correct, context: context(plan.attack))
  }

  func transfer(
    _ images: AuditMaterial, _ audited: [AttackResult], _ material: (any Classifier) throws -> AuditMaterial
  ) throws -> AuditRow {
    guard let twin else { return Audit.row(Audit.transferCheck, nil, "no undefended twin was given", subject) }
    let adversarials = try material(twin).attacked(plan.attack, within: ball).map(\.adversarial)
    return try Audit.transferIsWeaker(
      transferred: images.correct(on: adversarials), whiteBox: audited.correct, context: context(plan.attack))
  }

  func targeted(_ images: AuditMaterial, _ audited: [AttackResult]) throws -> AuditRow {
    try Audit.targetedFindsNoMore(
      targeted: images.correct(plan.targeted, within: ball), untargeted: audited.correct,
      context: context(plan.attack) + " a target, \(max(0, min(plan.targets, network.classCount - 1))) of them")
  }

  func planted(_ images: AuditMaterial) throws -> AuditRow {
    let context = context(plan.attack)
    guard let network = network as? any FeatureClassifier else {
      return Audit.row(Audit.plantedCheck, nil, "the network does not show its features", context)
    }
    let hunt = try images.batches.reduce(into: PlantedHunt(plan.planted, plan.attack)) { hunt, batch in
      try hunt.search(network, batch, within: ball)
    }
    return try Audit.plantedIsFound(
      found: hunt.found, byChance: hunt.byChance, unplanted: hunt.unplanted, context: context)
  }

  func certificates(_ bracket: BracketRecord?) throws -> AuditRow {
    guard let bracket else { return Audit.row(Audit.certificatesCheck, nil, "there is no certificate", subject) }
    return try Audit.certificatesHold(
      bracket, context: context("\(bracket.norm.symbol), the nearest adversarial (\(bracket.attack))"))
  }

  /// The ball of ε/divisor; nil where no fraction of 64 bits is that small.
  private func part(of ball: PerturbationBall, _ divisor: Int) throws -> PerturbationBall? {
    let (denominator, overflows) = ball.epsilon.denominator.multipliedReportingOverflow(by: divisor)
    guard !overflows else { return nil }
    let reduced = try Rational(ball.epsilon.numerator, over: denominator)
    return PerturbationBall(ball.norm, try Rational(reduced.numerator, over: reduced.denominator))
  }
}

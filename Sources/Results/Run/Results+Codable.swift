extension Results: Codable {
  enum CodingKeys: String, CodingKey {
    case schema, name, strategy, scenario, network, seed, tasks, stream, accuracy, metrics, lipschitz, nonForgetting,
      drift
    case audit, parameters, memory, seconds, contrasts, taskInference, consistency, zeroGradients, brackets, gallery
    case curves, corruptions, corruptionError, certificates, smoothing, precision, spatial
    case configuration, environment
  }

  /// Contrasts of contrasts of … would let a small file exhaust the stack.
  private static let deepestContrast = 3

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try? container.decode(String.self, forKey: .schema)
    guard schema == Self.currentSchema else { throw ResultsError.unknownSchema(file: nil, found: schema) }
    guard
      decoder.codingPath.count(where: { $0.stringValue == CodingKeys.contrasts.stringValue })
        <= Self.deepestContrast
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .contrasts, in: container, debugDescription: "contrasts are nested too deeply")
    }
    self.init(
      name: try container.decodeIfPresent(String.self, forKey: .name) ?? "",
      strategy: try container.decodeIfPresent(String.self, forKey: .strategy) ?? "",
      network: try container.decodeIfPresent(String.self, forKey: .network) ?? "",
      seed: try container.decode(UInt64.self, forKey: .seed),
      tasks: try container.decode([TaskRecord].self, forKey: .tasks))
    stream = try container.decodeIfPresent([String].self, forKey: .stream) ?? []
    scenario = try container.decodeIfPresent(String.self, forKey: .scenario) ?? ""
    accuracy = try container.decode([MeasuredAccuracy].self, forKey: .accuracy)
    metrics = try container.decode([MetricRow].self, forKey: .metrics)
    lipschitz = try container.decodeIfPresent([LipschitzRecord].self, forKey: .lipschitz) ?? []
    nonForgetting = try container.decodeIfPresent(NonForgetting.self, forKey: .nonForgetting)
    drift = try container.decodeIfPresent([DriftRecord].self, forKey: .drift) ?? []
    audit = try container.decodeIfPresent([AuditRow].self, forKey: .audit) ?? []
    parameters = try container.decode(ParameterCounts.self, forKey: .parameters)
    memory = try container.decodeIfPresent(MemoryRecord.self, forKey: .memory)
    seconds = try container.decodeIfPresent(Seconds.self, forKey: .seconds) ?? Seconds()
    contrasts = try container.decodeIfPresent([Results].self, forKey: .contrasts) ?? []
    taskInference = try container.decodeIfPresent(TaskInference.self, forKey: .taskInference)
    consistency = try container.decodeIfPresent(ConsistencyCheck.self, forKey: .consistency)
    zeroGradients = try container.decodeIfPresent([ZeroGradients].self, forKey: .zeroGradients) ?? []
    brackets = try container.decodeIfPresent([BracketRecord].self, forKey: .brackets) ?? []
    certificates = try container.decodeIfPresent([CertificateRecord].self, forKey: .certificates) ?? []
    smoothing = try container.decodeIfPresent([SmoothingRecord].self, forKey: .smoothing) ?? []
    precision = try container.decodeIfPresent([PrecisionRecord].self, forKey: .precision) ?? []
    gallery = try container.decodeIfPresent([GalleryItem].self, forKey: .gallery) ?? []
    curves = try container.decodeIfPresent([CurveRecord].self, forKey: .curves) ?? []
    corruptions = try container.decodeIfPresent([CorruptionRecord].self, forKey: .corruptions) ?? []
    corruptionError = try container.decodeIfPresent(CorruptionError.self, forKey: .corruptionError)
    spatial = try container.decodeIfPresent(String.self, forKey: .spatial) ?? ""
    configuration = try container.decodeIfPresent(String.self, forKey: .configuration) ?? ""
    environment = try container.decodeIfPresent([String: String].self, forKey: .environment) ?? [:]
    if let (key, reason) = defect {
      throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: reason)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.currentSchema, forKey: .schema)
    try container.encode(name, forKey: .name)
    try container.encode(strategy, forKey: .strategy)
    try container.encode(scenario, forKey: .scenario)
    try container.encode(network, forKey: .network)
    try container.encode(seed, forKey: .seed)
    try container.encode(tasks, forKey: .tasks)
    try container.encode(stream, forKey: .stream)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encode(metrics, forKey: .metrics)
    try container.encode(lipschitz, forKey: .lipschitz)
    try container.encode(nonForgetting, forKey: .nonForgetting)
    try container.encode(drift, forKey: .drift)
    try container.encode(audit, forKey: .audit)
    try container.encode(parameters, forKey: .parameters)
    try container.encodeIfPresent(memory, forKey: .memory)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(contrasts, forKey: .contrasts)
    try container.encode(taskInference, forKey: .taskInference)
    try container.encode(consistency, forKey: .consistency)
    try container.encode(zeroGradients, forKey: .zeroGradients)
    try container.encode(brackets, forKey: .brackets)
    try container.encode(certificates, forKey: .certificates)
    try container.encode(smoothing, forKey: .smoothing)
    if !precision.isEmpty { try container.encode(precision, forKey: .precision) }
    try container.encode(gallery, forKey: .gallery)
    try container.encode(curves, forKey: .curves)
    try container.encode(corruptions, forKey: .corruptions)
    try container.encodeIfPresent(corruptionError, forKey: .corruptionError)
    if !spatial.isEmpty { try container.encode(spatial, forKey: .spatial) }
    try container.encode(configuration, forKey: .configuration)
    try container.encode(environment, forKey: .environment)
  }

  /// Contradictions between fields that each look right: what readers may rely on afterwards.
  private var defect: (CodingKeys, String)? {
    let limit = 1 << 53
    for slice in accuracy where slice.accuracy.tasks != tasks.count {
      return (.accuracy, "\(slice.key.title): \(slice.accuracy.tasks) rows for \(tasks.count) tasks")
    }
    for task in tasks where !(0...limit).contains(task.trainImages) || !(0...limit).contains(task.testImages) {
      return (.tasks, "\(task.name): not a number of images")
    }
    for count in [parameters.trunk, parameters.spatial ?? 0] + parameters.perTask where !(0...limit).contains(count) {
      return (.parameters, "\(count) is not a number of parameters")
    }
    if let memory, !(0...limit).contains(memory.images) || !(0...limit).contains(memory.bytes) {
      return (.memory, "\(memory.images) images of \(memory.bytes) bytes are no memory")
    }
    if let inference = taskInference {
      guard inference.counts.count == inference.accuracy.count else {
        return (.taskInference, "\(inference.counts.count) counts for \(inference.accuracy.count) figures")
      }
      for case let value? in inference.accuracy where !(0...1).contains(value) {
        return (.taskInference, "\(value) is not an accuracy")
      }
      for moved in inference.underAttack {
        guard moved.inferred.count == moved.moved.count,
          zip(moved.inferred, moved.moved).allSatisfy({ ($1?.correct ?? 0) <= ($0?.correct ?? 0) && $0?.n == $1?.n })
        else { return (.taskInference, "\(moved.key.title): more tasks moved than inferred, or of other images") }
      }
    }
    for bracket in brackets {
      guard bracket.certifiedRadius.count == bracket.attackDistance.count else {
        return (.brackets, "\(bracket.task): not one radius and one distance per image")
      }
      guard bracket.images.isEmpty || bracket.images.count == bracket.certifiedRadius.count else {
        return (.brackets, "\(bracket.task): not one name per image")
      }
    }
    for record in lipschitz {
      if let reason = record.ledger?.defect { return (.lipschitz, "\(record.task): \(reason)") }
    }
    for record in certificates {
      if let reason = record.defect { return (.certificates, "\(record.task), \(record.norm.symbol): \(reason)") }
    }
    for record in smoothing {
      if let reason = record.defect { return (.smoothing, "\(record.task): \(reason)") }
    }
    for record in precision {
      if let reason = record.defect { return (.precision, "\(record.task): \(reason)") }
    }
    for record in corruptions {
      if let reason = record.defect { return (.corruptions, "\(record.task), \(record.corruption): \(reason)") }
    }
    for record in drift {
      guard record.images == record.standing.n, (0...record.images).contains(record.violations),
        (record.proven?.n ?? record.images) == record.images
      else { return (.drift, "\(record.task): counts of different images") }
    }
    for curve in curves {
      for case let count? in curve.points.map(\.refuted) where !(0...limit).contains(count) {
        return (.curves, "\(curve.task), \(curve.measure): \(count) is not a number of images")
      }
      for case let value? in curve.points.map(\.accuracy) where !(0...1).contains(value) {
        return (.curves, "\(curve.task), \(curve.measure): \(value) is not an accuracy")
      }
    }
    for entry in zeroGradients where !(0...1).contains(entry.fraction) {
      return (.zeroGradients, "\(entry.attack): \(entry.fraction) is not a fraction")
    }
    return nil
  }
}

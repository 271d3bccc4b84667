import Robustness

/// What came after the first runs is written only where it is not the default: a run's checkpoints hold a digest of the
/// encoded configuration with the default evaluation, which must not change with what an evaluation can do.
extension Configuration.Evaluation {
  private enum CodingKeys: String, CodingKey {
    case batchSize, attacks, certify, galleryPerTask, bracketsPerTask, agnosticImages, audit, corruptions,
      certification, smoothing, spatial, everyTasks
  }

  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: CodingKeys.self)
    batchSize = try container.decode(Int.self, forKey: .batchSize)
    attacks = try container.decode([Configuration.Attack].self, forKey: .attacks)
    certify = try container.decode(type(of: certify), forKey: .certify)
    galleryPerTask = try container.decode(Int.self, forKey: .galleryPerTask)
    bracketsPerTask = try container.decode(Int.self, forKey: .bracketsPerTask)
    agnosticImages = try container.decodeIfPresent(Int.self, forKey: .agnosticImages) ?? agnosticImages
    everyTasks = try container.decodeIfPresent(Int.self, forKey: .everyTasks) ?? everyTasks
    audit = try container.decodeIfPresent(AuditPlan.Level.self, forKey: .audit) ?? audit
    corruptions = try container.decodeIfPresent(Configuration.Corruptions.self, forKey: .corruptions) ?? corruptions
    certification =
      try container.decodeIfPresent(Configuration.Certification.self, forKey: .certification) ?? certification
    smoothing = try container.decodeIfPresent(Configuration.Smoothing.self, forKey: .smoothing) ?? smoothing
    spatial = try container.decodeIfPresent(Configuration.Spatial.self, forKey: .spatial) ?? spatial
  }

  public func encode(to encoder: any Encoder) throws {
    let standard = Self()
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(batchSize, forKey: .batchSize)
    try container.encode(attacks, forKey: .attacks)
    try container.encode(certify, forKey: .certify)
    try container.encode(galleryPerTask, forKey: .galleryPerTask)
    try container.encode(bracketsPerTask, forKey: .bracketsPerTask)
    if agnosticImages != standard.agnosticImages { try container.encode(agnosticImages, forKey: .agnosticImages) }
    if everyTasks != standard.everyTasks { try container.encode(everyTasks, forKey: .everyTasks) }
    if audit != standard.audit { try container.encode(audit, forKey: .audit) }
    if corruptions != standard.corruptions { try container.encode(corruptions, forKey: .corruptions) }
    if certification != standard.certification { try container.encode(certification, forKey: .certification) }
    if smoothing != standard.smoothing { try container.encode(smoothing, forKey: .smoothing) }
    if spatial != standard.spatial { try container.encode(spatial, forKey: .spatial) }
  }
}

import Results

/// Every study, in the order in which the claims build on each other.
public enum StudyCatalogue {
  public static let all: [any Study] = [
    AttenuationStudy(), SpectrumStudy(), DriftStudy(), DegradationStudy(), ConstructionStudy(), DepthLimitStudy(),
    CollapseStudy(), CorrectionStudy(), TotalVariationStudy(), HighwayStudy(), ExplosionStudy(), PrePostStudy(),
    ZeroInitStudy(), ProjectionStudy(), SupervisionStudy(), LesionStudy(), BoostingStudy(), SmoothnessStudy(),
    EulerStudy(), BackwardEulerStudy(), EquilibriumStudy(), FieldStudy(), InvertibleStudy(), EnsembleStudy(),
    NonForgettingStudy(), AdapterBudgetStudy(),
  ]

  /// The study of a name.
  /// - Throws: ``StudyError/unknown(name:nearest:)``.
  public static func named(_ name: String, among studies: [any Study] = all) throws -> any Study {
    if let study = studies.first(where: { $0.name == name }) { return study }
    throw StudyError.unknown(name: name, nearest: NearestName.find(name, among: studies.map(\.name)))
  }
}

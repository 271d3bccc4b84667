import Results

/// Every study, in the order in which the claims build on each other.
public enum StudyCatalogue {
  public static let all: [any Study] = [
    DegradationStudy(), ConstructionStudy(), DepthLimitStudy(), CollapseStudy(), SupervisionStudy(), HighwayStudy(),
    TotalVariationStudy(), SmoothnessStudy(), EulerStudy(), BackwardEulerStudy(), EquilibriumStudy(), FieldStudy(),
    InvertibleStudy(),
  ]

  /// The study of a name.
  /// - Throws: ``StudyError/unknown(name:nearest:)``.
  public static func named(_ name: String, among studies: [any Study] = all) throws -> any Study {
    if let study = studies.first(where: { $0.name == name }) { return study }
    throw StudyError.unknown(name: name, nearest: NearestName.find(name, among: studies.map(\.name)))
  }
}

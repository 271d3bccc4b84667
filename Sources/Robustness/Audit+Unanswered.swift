import Results

extension Audit {
  /// The questions of a full audit that no attack of this version can answer: they stand in the list, so that nobody
  /// takes silence for a pass.
  public static let unanswered: [AuditRow] = [
    ("a sweep over step sizes moves accuracy by less than a point", "this version sweeps no step sizes"),
    ("a black-box attack (Square) never beats the white-box attacks", "this version has no black-box attack"),
    ("transfer from an undefended twin is weaker", "this version attacks no twin network"),
    ("targeted attacks find no more than untargeted ones", "this version has no targeted attack"),
    ("a planted adversary is found (Zimmermann et al. 2022)", "this version plants no adversaries"),
  ].map { row($0.0, nil, $0.1, "") }
}

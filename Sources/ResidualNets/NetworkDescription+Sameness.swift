extension NetworkDescription {
  /// Whether equal tensors make the trunks of both the same function. How they start and how their heads are kept in
  /// bounds does not matter to that.
  public func isSameFunction(as other: NetworkDescription) -> Bool {
    var (mine, theirs) = (self, other)
    mine.initialization = theirs.initialization
    mine.headBudget = theirs.headBudget
    mine.dynamics.gateBias = theirs.dynamics.gateBias
    return mine == theirs
  }
}

/// What a strategy supports and promises; a run that makes no sense is refused by it.
struct StrategyTraits {
  /// What the learner may be told when it is asked.
  let scenarios: Set<Scenario>
  /// Whether it learns from a single pass in which nobody says where a task ends.
  let learnsOnline: Bool
  /// Whether what an old task uses can never change, so that `verify` has something to verify.
  var promisesNonForgetting = false
  /// Whether nothing touches what a task adds once it is learned, so that it need not stay in memory.
  var settlesParts = false
  /// Whether it keeps images of old tasks.
  var keepsImages = false
  /// Whether the trunk is frozen after it has learned once, so that its features mean the same for all tasks.
  var freezesTrunk = false
  /// Whether tasks are learned by an adapter beside a frozen trunk.
  var adaptsTrunk = false
  /// Whether heads read a random expansion of the trunk's features.
  var expandsFeatures = false
  /// Whether each task has a whole network of its own.
  var separatesTasks = false
  /// Whether it keeps what the network answered to single images.
  var keepsLogits = false
  /// How tasks with heads of their own are inferred, unless the configuration says otherwise.
  var inference = InferenceRule.entropy
}

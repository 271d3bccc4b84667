/// Finds the name that a user probably meant.
public enum NearestName {
  /// The candidate with the fewest typing errors, if there are few enough to be a slip; the first of equals.
  public static func find(_ name: String, among candidates: [String]) -> String? {
    guard name.count <= 100 else { return nil }
    let limit = max(1, name.count / 3)
    let typed = name.lowercased()
    let ranked = candidates.map { (candidate: $0, distance: editDistance(typed, $0.lowercased())) }
    return ranked.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.candidate
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other (optimal string
  /// alignment).
  static func editDistance(_ first: String, _ second: String) -> Int {
    let a = Array(first.unicodeScalars)
    let b = Array(second.unicodeScalars)
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var current = [i + 1]
      for j in b.indices {
        var best = min(last[j + 1] + 1, current[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        current.append(best)
      }
      (beforeLast, last) = (last, current)
    }
    return last[b.count]
  }
}

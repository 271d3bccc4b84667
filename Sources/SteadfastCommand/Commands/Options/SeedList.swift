import ArgumentParser

/// Seeds as an option gives them: `0,1,2`.
enum SeedList {
  static func parse(_ text: String) throws -> [UInt64] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let seeds = parts.compactMap { UInt64($0.trimmingPrefix(" ")) }
    guard seeds.count == parts.count, Set(seeds).count == seeds.count else {
      throw ValidationError("--seeds takes different whole numbers with commas between them, such as 0,1,2")
    }
    return seeds
  }
}

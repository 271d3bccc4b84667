import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// |1 − TV(F)| ≤ TV(x + F) ≤ 1 + TV(F) on [0, 1]. Source: Jordan 1881.
struct TotalVariationStudy: Study {
  let name = "total-variation"
  let title = "A residual function varies as much as its branch, give or take one"
  let claim = """
    |1 − TV(F)| ≤ TV(x + F) ≤ 1 + TV(F) for a function x + F on [0, 1]: the total variation is a seminorm (Jordan 1881) \
    and that of x is 1. A small branch can neither flatten the identity nor make it oscillate.
    """
  let method = """
    Total variations on 513 points from 0 to 1 in double precision. Random functions: white noise, steps, random walks \
    and smooth curves with sizes from 0.001 to 1000. Learned functions: residual networks on one number (4 blocks of 32 \
    hidden units, Adam), trained on a rising, a falling and an oscillating target; the whole network and every block \
    count. Image blocks: the blocks of residual MLPs trained on 8×8 images, along the line from a test image's state h \
    in the direction of F(h), as long as h, with the coordinate along that line as the number.
    """
  let criteria: [StudyCriterion] = [
    .check("Of 10,000 random functions none leaves the bracket by more than rounding (1e-12 of the upper bound)."),
    .check(
      """
      Both bounds are attained to 1e-12: the upper by rising branches, the lower by branches that fall no faster than \
      x rises.
      """),
    .check("No function learned by a residual network on one number, and none of its blocks, leaves the bracket."),
    .check("No block of a trained image classifier leaves the bracket along its own lines."),
  ]
  let conditions = """
    The inequality is a theorem and holds for every F, trained or not; of sampled functions it holds exactly for the \
    samples, whose variation is at most that of the function. It says nothing of the smoothness of F itself: a branch \
    with a large variation leaves the bracket wide. It does need the x: the branch alone, taken in place of x + F, \
    breaks the lower bound wherever TV(F) < 1/2, which a finding counts. In more than one dimension it speaks only of \
    one coordinate along one line.
    """

  let points = 513

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let count = setting.choose(tiny: 400, quick: 10_000, full: 1_000_000)
    let random = try randomBrackets(count, setting.stream(0, name))
    let attained = try distanceToBounds(setting.stream(0, "attained"))
    var (scalar, lines): ([VariationBracket], [VariationBracket]) = ([], [])
    var curves: [StudyFigure.Series] = []
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("learned functions", Double(index) / Double(setting.seeds.count))
      let learned = try learnedFunctions(setting, setting.stream(seed, "scalar"))
      scalar += learned.brackets
      curves = learned.curves
      lines += try imageLines(setting, setting.stream(seed, "images"))
    }
    return StudyOutcome(
      judgements: [
        unbroken(random.residual, "random functions"),
        Judgement(attained <= 1e-12, "largest distance to the bound: \(Judgement.text(attained))"),
        unbroken(scalar, "learned functions"), unbroken(lines, "lines through image blocks"),
      ],
      findings: [
        .init(
          name: "violations, all functions", value: Double((random.residual + scalar + lines).count(where: \.isBroken))),
        .init(name: "functions judged", value: Double(random.residual.count + scalar.count + lines.count)),
        .init(
          name: "random branches alone, without the x, that leave the bracket",
          value: 100 * Double(random.branchAlone.count(where: \.isBroken)) / Double(random.branchAlone.count), unit: "%"
        ),
        .init(
          name: "learned functions: median place in the bracket (0: lower, 1: upper bound)",
          value: Statistics.median(scalar.map(\.position))),
        .init(
          name: "image blocks: median place in the bracket", value: Statistics.median(lines.map(\.position))),
        .init(name: "image blocks: median TV(F)", value: Statistics.median(lines.map(\.branch))),
      ],
      figures: [
        figure(random.residual),
        StudyFigure(
          title: "A learned residual function, its branch and its target", x: .init("x"), y: .init("value"),
          series: curves),
      ])
  }

  private func unbroken(_ brackets: [VariationBracket], _ what: String) -> Judgement {
    let broken = brackets.count(where: \.isBroken)
    let worst = brackets.map(\.excess).max() ?? .nan
    return Judgement(
      !brackets.isEmpty && broken == 0,
      "\(broken) of \(brackets.count) \(what) outside, largest excess \(Judgement.text(worst))")
  }

  private func randomBrackets(
    _ count: Int, _ stream: RandomStream
  ) throws -> (residual: [VariationBracket], branchAlone: [VariationBracket]) {
    let x = try unitInterval(points)
    let chunk = 10_000
    var (residual, alone): ([VariationBracket], [VariationBracket]) = ([], [])
    for start in stride(from: 0, to: count, by: chunk) {
      let branch = try RandomFunctions.mixed(min(chunk, count - start), points: points, stream.stream(start))
      residual += try VariationBracket.each(branch: branch, residual: x + branch)
      alone += try VariationBracket.each(branch: branch, residual: branch)
    }
    return (residual, alone)
  }

  /// The largest distance of TV(x + F) from the bound that it should attain, in units of the upper bound.
  private func distanceToBounds(_ stream: RandomStream) throws -> Double {
    let x = try unitInterval(points)
    let rising = try RandomFunctions.rising(500, points: points, stream.stream("rising"))
    let falling = try RandomFunctions.falling(500, points: points, stream.stream("falling"))
    let upper = try VariationBracket.each(branch: rising, residual: x + rising).map {
      ($0.upper - $0.residual) / $0.upper
    }
    let lower = try VariationBracket.each(branch: falling, residual: x + falling)
      .map { ($0.residual - $0.lower) / $0.upper }
    return (upper + lower).map(abs).max() ?? .infinity
  }

  /// The extremes of TV(x + F) among functions of about the same TV(F), between the bounds.
  private func figure(_ brackets: [VariationBracket]) -> StudyFigure {
    let sorted = brackets.sorted { $0.branch < $1.branch }
    let size = max(1, sorted.count / 40)
    let groups = stride(from: 0, to: sorted.count, by: size).map { Array(sorted[$0..<min($0 + size, sorted.count)]) }
    func series(_ name: String, _ value: ([VariationBracket]) -> Double?) -> StudyFigure.Series {
      let points = groups.compactMap { group in
        value(group).map { StudyFigure.Point(x: group[group.count / 2].branch, y: $0) }
      }
      return StudyFigure.Series(name: name, points: points)
    }
    return StudyFigure(
      title: "The variation of random residual functions stays between its bounds",
      x: .init("TV(F)", .logarithmic), y: .init("TV(x + F)", .logarithmic),
      series: [
        series("upper bound 1 + TV(F)") { $0[$0.count / 2].upper },
        series("largest measured") { $0.map(\.residual).max() },
        series("smallest measured") { $0.map(\.residual).min() },
        series("lower bound |1 − TV(F)|") { $0[$0.count / 2].lower },
      ])
  }
}

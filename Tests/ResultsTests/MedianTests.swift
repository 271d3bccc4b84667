import Results
import Testing

@Suite struct MedianTests {
  @Test func isTheMiddleOrTheMeanOfTheTwoInTheMiddle() {
    #expect([Double]().median == nil)
    #expect([3.0].median == 3 && [3.0, 1, 2].median == 2 && [4.0, 1, 2, 3].median == 2.5)
    #expect([Double.greatestFiniteMagnitude, .greatestFiniteMagnitude].median == .greatestFiniteMagnitude)
  }

  @Test func imagesWithoutARadiusCountAsNone() {
    let bracket = BracketRecord(
      task: "t", norm: .l2, attack: "pgd", certifiedRadius: [nil, 0.5, 0.25], attackDistance: [nil, nil, nil])
    #expect(bracket.medianRadius == 0.25)
  }
}

import ArgumentParser
import Steadfast

/// Degraded test images, as options.
struct CorruptionOptions: ParsableArguments {
  @Option(
    name: .customLong("corruptions"),
    help: ArgumentHelp(
      "Also degrade so many test images of each network, as Documentation/degradations.md has it.", valueName: "images")
  )
  var images: Int?

  @Option(
    help: ArgumentHelp(
      "Severities of --corruptions, from 1 (mild) to 5. (default: the run's own, else 1,3,5)", valueName: "list"),
    transform: SeverityList.init)
  var severities: SeverityList?

  @Option(
    name: .customLong("corruption-kinds"),
    help: ArgumentHelp(
      "Kinds of --corruptions, such as fog,jpeg-compression. (default: the run's own, else all)", valueName: "list"),
    transform: CorruptionKindList.init)
  var kinds: CorruptionKindList?

  func validate() throws {
    guard (1...1_000_000).contains(images ?? 1) else {
      throw ValidationError("--corruptions must be 1 to 1000000 images")
    }
    guard images == nil, let option = severities.map({ _ in "severities" }) ?? kinds.map({ _ in "corruption-kinds" })
    else { return }
    throw ValidationError("--\(option) degrades nothing: say how many images with --corruptions")
  }

  /// Nil where none are asked for.
  /// - Parameter own: the run's: what is not given here is as it is there, where it has any.
  func corruptions(beside own: Configuration.Corruptions?) -> Configuration.Corruptions? {
    guard let images else { return nil }
    var corruptions = Configuration.Corruptions()
    if let own, own.images > 0 { corruptions = own }
    corruptions.images = images
    if let severities { corruptions.severities = severities.values }
    if let kinds { corruptions.kinds = kinds.values }
    return corruptions
  }
}

/// Severities, ascending, each once.
struct SeverityList: Sendable {
  let values: [Int]

  init(_ text: String) throws {
    values = try Set(
      text.split(separator: ",", omittingEmptySubsequences: false).map { word in
        guard let severity = Int(word), Degradation.severities.contains(severity) else {
          throw ValidationError("'\(text)' is no list of severities from 1 to 5: write 1,3,5")
        }
        return severity
      }
    ).sorted()
  }
}

/// Kinds of degradations, each once, in the order that they are documented in.
struct CorruptionKindList: Sendable {
  let values: [Degradation.Kind]

  init(_ text: String) throws {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let known = Degradation.Kind.allCases.map(\.rawValue)
    if let stranger = names.first(where: { !known.contains($0) }) {
      throw ValidationError("there is no degradation '\(stranger)': choose among \(known.joined(separator: ", "))")
    }
    values = Degradation.Kind.allCases.filter { names.contains($0.rawValue) }
  }
}

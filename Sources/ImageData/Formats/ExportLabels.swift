import TensorFiles

/// The label that each class has in an exported file.
struct ExportLabels: Sendable {
  /// More classes than that are not imported either.
  static let maximumLabels = 65_536

  /// By class.
  let numbers: [Int]
  /// Whether the names say the numbers; else a number is the place of its class.
  let areNamed: Bool

  /// The numbers that the names of all classes are, or begin with before a hyphen, where those differ; else the places
  /// of the classes.
  init(classes: [String]) {
    let named = classes.compactMap { name -> Int? in
      let digits = name.prefix { $0.isASCII && $0.isNumber }
      let rest = name.dropFirst(digits.count)
      return rest.isEmpty || rest.hasPrefix("-") ? Int(digits) : nil
    }
    areNamed =
      named.count == classes.count && Set(named).count == named.count
      && named.allSatisfy { $0 < Self.maximumLabels }
    numbers = areNamed ? named : Array(classes.indices)
  }

  /// The labels of a set: unsigned bytes where they fit, else 64-bit numbers.
  func tensor(_ set: ExportOrder) throws -> HostTensor {
    let values = set.labels.map { numbers[$0] }
    if numbers.allSatisfy({ $0 <= 255 }) { return try HostTensor(values.map { UInt8($0) }, shape: [values.count]) }
    return try HostTensor(values.map { Int64($0) }, shape: [values.count])
  }
}

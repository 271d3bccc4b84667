/// Images with the outputs they should give, by place: what training draws its batches from.
public protocol LabelledImages: Sendable {
  /// How many images.
  var count: Int { get }
  var shape: ImageShape { get }

  /// The output that is right for the image at a place.
  func target(_ place: Int) -> Int

  /// A number that names the image at a place, whatever batch it is in.
  func identity(_ place: Int) -> Int

  /// The samples of the images at some places: places.count × height × width × channels.
  ///
  /// - Precondition: every place is in `0..<count`.
  /// - Throws: `DataError` where their pixels cannot be had any more.
  func gather(_ places: [Int]) throws -> [UInt8]
}

extension TaskImages: LabelledImages {
  public func target(_ place: Int) -> Int { targets[place] }
  public func identity(_ place: Int) -> Int { indices[place] }
}

/// The training images of several tasks as one: places of the first task come first, then those of the second, …
public struct JoinedImages: LabelledImages {
  private let parts: [TaskImages]
  /// For each part the output that each of its targets becomes.
  private let outputs: [[Int]]
  /// The place of each part's first image, and the count of all.
  private let starts: [Int]

  /// - Parameter outputs: for each part, what each of its targets becomes.
  /// - Precondition: at least one part, all of one shape, and outputs for each.
  public init(_ parts: [TaskImages], outputs: [[Int]]) {
    precondition(!parts.isEmpty && parts.count == outputs.count && Set(parts.map(\.shape)).count == 1)
    self.parts = parts
    self.outputs = outputs
    starts = parts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
  }

  public var count: Int { starts[parts.count] }
  public var shape: ImageShape { parts[0].shape }

  public func target(_ place: Int) -> Int {
    let (part, own) = locate(place)
    return outputs[part][parts[part].targets[own]]
  }

  public func identity(_ place: Int) -> Int { place }

  /// The place of an image of a part.
  public func place(of own: Int, inPart part: Int) -> Int { starts[part] + own }

  public func gather(_ places: [Int]) throws -> [UInt8] {
    let size = shape.byteCount
    var pixels = [UInt8](repeating: 0, count: places.count * size)
    let located = places.map(locate)
    for part in Set(located.map(\.part)).sorted() {
      let slots = located.indices.filter { located[$0].part == part }
      let own = try parts[part].gather(slots.map { located[$0].own })
      for (index, slot) in slots.enumerated() {
        pixels.replaceSubrange(slot * size..<(slot + 1) * size, with: own[index * size..<(index + 1) * size])
      }
    }
    return pixels
  }

  private func locate(_ place: Int) -> (part: Int, own: Int) {
    // The last part that begins at or before the place; parts without images begin where the next one does.
    let part = (starts.dropLast().lastIndex { $0 <= place }) ?? 0
    return (part, place - starts[part])
  }
}

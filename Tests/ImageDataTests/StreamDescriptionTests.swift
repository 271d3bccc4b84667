import Foundation
import ImageData
import Testing

@Suite struct StreamDescriptionTests {
  private func error(
    _ kind: StreamDescription.Kind, _ change: (inout StreamDescription) -> Void
  ) throws -> DataError {
    var description = StreamDescription(kind: kind)
    change(&description)
    return try dataError { try description.check() }
  }

  @Test func sensibleOnesPass() throws {
    var good: [StreamDescription] = [.classSplit, .domains, .permuted, .rotated, .manifest].map { .init(kind: $0) }
    good.append(.init(kind: .degraded))
    good[5].degradations = ["gaussian-noise/1", "none"]
    good.append(.init(kind: .sequence))
    good[6].folders = ["a", "b"]
    good.append(.init(kind: .rotated))
    (good[7].degrees, good[7].tasks, good[7].online) = ([0, 45, -45, 180], 4, .init(blur: 1))
    good.append(.init(kind: .classSplit))
    (good[8].classes, good[8].sizes) = (["a", "b", "c", "d", "e"], [2, 3])
    good.append(good[8])
    good[9].classesPerTask = 3
    for description in good {
      try description.check()
      let data = try JSONEncoder().encode(description)
      #expect(try JSONDecoder().decode(StreamDescription.self, from: data) == description)
    }
    let short = try JSONDecoder().decode(StreamDescription.self, from: Data(#"{"kind": "permuted", "tasks": 3}"#.utf8))
    #expect(short.kind == .permuted && short.tasks == 3 && short.firstIsStored && short.classesPerTask == 2)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(StreamDescription.self, from: Data(#"{"kind": "shuffled"}"#.utf8))
    }
  }

  @Test func aKeyThatTheKindDoesNotReadIsRefused() throws {
    let changes: [(StreamDescription.Key, (inout StreamDescription) -> Void)] = [
      (.classesPerTask, { $0.classesPerTask = 3 }), (.sizes, { $0.sizes = [2, 2] }), (.order, { $0.order = .seeded }),
      (.classes, { $0.classes = ["a", "b"] }), (.tasks, { $0.tasks = 3 }),
      (.firstIsStored, { $0.firstIsStored = false }),
      (.degrees, { $0.degrees = [0, 30] }), (.degradations, { $0.degradations = ["none", "gaussian-noise/3"] }),
      (.domains, { $0.domains = ["p", "q"] }), (.folders, { $0.folders = ["p", "q"] }),
    ]
    for kind in StreamDescription.Kind.allCases {
      let keys = StreamDescription.keys(of: kind)
      for (key, change) in changes where !keys.contains(key) {
        let error = try error(kind, change)
        #expect(error.reason == "\(key.rawValue) means nothing to a stream of kind \(kind.rawValue)")
        #expect(error.path == "stream" && keys.allSatisfy { error.advice.contains($0.rawValue) })
        var description = StreamDescription(kind: kind)
        change(&description)
        #expect(description.fault()?.key == key && description.fault()?.error == error)
      }
    }
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    let attempts: [(StreamDescription.Kind, (inout StreamDescription) -> Void, String)] = [
      (.rotated, { $0.degrees = [0, 360] }, "a turn by 360° leaves images as they are"),
      (.rotated, { $0.degrees = [10, -720] }, "a turn by -720° leaves images as they are"),
      (.rotated, { $0.degrees = [30, 0, 30] }, "30° twice"),
      (.rotated, { $0.degrees = [270, -90] }, "270° and -90° are the same turn"),
      (.rotated, { $0.degrees = [0, .infinity] }, "an angle of inf°"),
      (.rotated, { $0.degrees = [30] }, "fewer than two tasks"),
      (.rotated, { ($0.degrees, $0.tasks) = ([0, 30, 60], 4) }, "4 tasks, but 3 angles"),
      (.rotated, { ($0.degrees, $0.firstIsStored) = ([10, 30], false) }, "firstIsStored together with degrees"),
      (.rotated, { $0.tasks = 1 }, "fewer than two tasks"), (.permuted, { $0.tasks = 1 }, "fewer than two tasks"),
      (.permuted, { $0.tasks = 0 }, "0 tasks"), (.permuted, { $0.tasks = .max }, "\(Int.max) tasks"),
      (.degraded, { _ in }, "fewer than two tasks"),
      (.degraded, { $0.degradations = ["none"] }, "fewer than two tasks"),
      (.degraded, { $0.degradations = ["none", "gaussian-noise/3", "none"] }, "degradation none twice"),
      (.degraded, { $0.degradations = ["fog/3", "fog/03"] }, "degradation fog/03 twice"),
      (.degraded, { $0.degradations = ["none", "sepia/3"] }, "sepia"),
      (.sequence, { $0.folders = ["a"] }, "fewer than two tasks"),
      (.sequence, { $0.folders = ["a", ""] }, "without a name"),
      (.domains, { $0.domains = ["p"] }, "fewer than two tasks"),
      (.domains, { $0.domains = ["p", "p"] }, "domain p is named twice"),
      (.domains, { $0.domains = ["p", "../q"] }, "names no domain"),
      (.domains, { $0.domains = ["p", ".."] }, "names no domain"),
      (.classSplit, { $0.classesPerTask = 1 }, "a task of 1 classes"),
      (.classSplit, { $0.sizes = [3, 0] }, "a task of 0 classes"),
      (.classSplit, { ($0.sizes, $0.classes) = ([2, 2], ["a", "b", "c"]) }, "do not add up to the 3 classes"),
      (.classSplit, { ($0.sizes, $0.classes) = ([.max, .max], ["a", "b", "c"]) }, "do not add up to the 3 classes"),
      (.classSplit, { ($0.order, $0.classes) = (.seeded, ["a", "b"]) }, "their order is to be drawn"),
      (.permuted, { $0.classes = ["a", "a"] }, "class a is named twice"),
      (.manifest, { $0.classes = ["a"] }, "only one class, a"),
      (.classSplit, { $0.online = .init(blur: -0.1) }, "an online blur of -0.1"),
      (.classSplit, { $0.online = .init(blur: .nan) }, "an online blur of nan"),
    ]
    for (kind, change, reason) in attempts {
      let error = try error(kind, change)
      #expect(error.reason.contains(reason) && error.path == "stream" && error.code == .badData, "\(error)")
    }
  }

  @Test func theFieldThatIsWrongIsNamed() {
    let attempts: [(StreamDescription.Kind, StreamDescription.Key, (inout StreamDescription) -> Void)] = [
      (.rotated, .degrees, { $0.degrees = [0, 360] }), (.rotated, .tasks, { ($0.degrees, $0.tasks) = ([0, 30], 4) }),
      (.rotated, .firstIsStored, { ($0.degrees, $0.firstIsStored) = ([10, 30], false) }),
      (.permuted, .tasks, { $0.tasks = 0 }), (.degraded, .degradations, { _ in }),
      (.degraded, .degradations, { $0.degradations = ["none", "sepia/3"] }), (.sequence, .folders, { _ in }),
      (.domains, .domains, { $0.domains = ["p", ".."] }), (.classSplit, .classesPerTask, { $0.classesPerTask = 1 }),
      (.classSplit, .sizes, { $0.sizes = [3, 0] }),
      (.classSplit, .order, { ($0.order, $0.classes) = (.seeded, ["a", "b"]) }),
      (.manifest, .classes, { $0.classes = ["a", "a"] }), (.classSplit, .online, { $0.online = .init(blur: 2) }),
    ]
    for (kind, key, change) in attempts {
      var description = StreamDescription(kind: kind)
      change(&description)
      #expect(description.fault()?.key == key, "\(description)")
    }
    #expect(StreamDescription().fault() == nil)
  }

  @Test func aStreamSaysWhatItIs() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b", "c", "d"], count: 5)
    var description = StreamDescription()
    description.online = .init(blur: 0.25)
    let split = try description.open(folder: folder.url, options: ImageFolderOptions(), seed: 7)
    #expect(
      split.lines == [
        "class-split: 2 tasks of 2 classes, classes in the folder's order",
        "4 classes, 3 × 2 pixels of 1 channel, seed 7",
        "class-incremental (van de Ven & Tolias 2019): each task has classes of its own; "
          + "task-incremental where the task's identity is given",
        "online: a single pass, boundaries not announced, blur 0.25",
        "task 1, a + b: 8 + 2 images of a, b", "task 2, c + d: 8 + 2 images of c, d",
      ])
    description = StreamDescription(kind: .rotated)
    description.degrees = [0, 12.5]
    let rotated = try description.open(folder: folder.url, options: ImageFolderOptions(), seed: 7)
    #expect(rotated.lines[2].hasPrefix("domain-incremental"))
    #expect(rotated.lines.last == "task 2, rotated by 12.5°: 16 + 4 images of a, b, c, d, rotated by 12.5°")
    for stream in [split, rotated] {
      let data = try JSONEncoder().encode(stream.record)
      #expect(try JSONDecoder().decode(StreamRecord.self, from: data) == stream.record)
      #expect(!String(decoding: data, as: UTF8.self).contains(folder.url.lastPathComponent), "no path of the machine")
    }
    #expect(rotated.record.tasks[1].testView.degrees == 12.5 && rotated.record.seed == 7)
    #expect(split.record.online == .init(blur: 0.25) && split.record.tasks[1].trainImages == 8)
  }
}

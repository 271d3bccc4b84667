import Foundation
import Results

/// A page of adversarial images, for looking through: one file that works offline.
public struct GalleryPage: Sendable {
  public var title: String
  public var items: [GalleryItem]
  /// What the items' paths are relative to.
  public var folder: URL

  public init(title: String, items: [GalleryItem], folder: URL) {
    self.title = title
    self.items = items
    self.folder = folder
  }

  /// Items in groups of the same task, attack, norm and ε, in their order.
  public var html: String {
    let images = GalleryImages(folder: folder)
    var groups: [(name: String, items: [GalleryItem])] = []
    for item in items {
      let name = "\(item.task) · \(MeasureKey.display(item.attack)), \(item.norm.symbol) \(item.epsilon.text)"
      if let last = groups.indices.last, groups[last].name == name {
        groups[last].items.append(item)
      } else {
        groups.append((name, [item]))
      }
    }
    let sections = groups.enumerated().map { number, group in
      let fooling = group.items.count { $0.onGrid == true }
      return Section(
        id: "group-\(number + 1)", title: group.name,
        content: """
          <p>\(fooling) of \(group.items.count) fool the network as files.</p>
          <div class="pictures">
          \(group.items.map { GalleryFigure(item: $0, images: images).markup })
          </div>
          """)
    }
    return Document(
      title: title,
      header: """
        <h1>\(title)</h1>
        <p>Original, adversarial, and their difference, multiplied and centred on gray. The adversarials are real PNG files:
        rounded inside the ball, written, read back and scored again; the verdict is about that file.</p>
        """, sections: sections, schema: Results.currentSchema
    ).html
  }
}

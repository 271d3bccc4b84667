import Results

extension Page {
  /// More pictures than this per strategy stay in their folder.
  private static let mostPictures = 48

  /// Adversarial images beside their originals and the magnified difference.
  var gallerySection: Section? {
    let shown = entries.filter { !$0.results.gallery.isEmpty }
    guard !shown.isEmpty else { return nil }
    let parts = shown.map { entry -> Markup in
      let items = entry.results.gallery.prefix(Self.mostPictures)
      let left = entry.results.gallery.count - items.count
      let images = GalleryImages(folder: entry.images)
      return """
        <h3>\(entry.label)</h3>
        <div class="pictures">
        \(items.map { figure($0, images) })
        </div>
        \(left > 0 ? "<p class=\"note\">\(left) more in the run's folder.</p>" : .empty)
        """
    }
    return Section(
      id: "gallery", title: "What fools it",
      content: """
        <p>Original, adversarial, and their difference, multiplied and centred on gray. The adversarials are real 8-bit PNG
        files: rounded inside the ball, written, read back and scored again; the verdict is about that file.</p>
        \(parts)
        """)
  }

  private func figure(_ item: GalleryItem, _ images: GalleryImages) -> Markup {
    """
    <figure class="panel">\(pictures(item, images))
    <p><strong>\(item.trueClass)</strong>: \(item.predictedClean) → <strong>\(item.predictedAdversarial)</strong><br/>\
    <small>\(item.task) · \(MeasureKey.display(item.attack)), \(item.norm.symbol) \(item.epsilon.text)</small><br/>\(verdict(item))</p></figure>
    """
  }

  private func pictures(_ item: GalleryItem, _ images: GalleryImages) -> Markup {
    do {
      let pictures = try images.pictures(of: item)
      let magnification = pictures.magnification.map { " ×\($0)" } ?? ""
      return """
        <div class="triple">
        \(picture(pictures.original, "original", alt: "\(item.trueClass), original"))
        \(picture(pictures.adversarial, "adversarial", alt: "\(item.trueClass) perturbed, taken for \(item.predictedAdversarial)"))
        \(pictures.difference.map { picture($0, "difference\(magnification)", alt: "their difference, magnified") } ?? .empty)
        </div>
        """
    } catch {
      return "<p class=\"note\">The images cannot be shown: \("\(error)")</p>"
    }
  }

  private func picture(_ uri: String, _ name: String, alt: String) -> Markup {
    "<div><img src=\"\(uri)\" alt=\"\(alt)\"/><span>\(name)</span></div>"
  }

  private func verdict(_ item: GalleryItem) -> Markup {
    switch item.onGrid {
    case true?: "<small class=\"bad\">✓ fools it as an 8-bit file</small>"
    case false?: "<small class=\"good\">✗ no longer fools it as an 8-bit file</small>"
    case nil: "<small>not scored again as a file</small>"
    }
  }
}

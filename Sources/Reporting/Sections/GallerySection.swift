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
        \(items.map { GalleryFigure(item: $0, images: images).markup })
        </div>
        \(left > 0 ? "<p class=\"note\">\(left) more in the run's folder.</p>" : .empty)
        """
    }
    return Section(
      id: "gallery", title: "What fools it",
      content: """
        <p>Original, adversarial, and their difference, multiplied and centred on gray. The adversarials are real PNG
        files: rounded inside the ball, written, read back and scored again; the verdict is about that file.</p>
        \(parts)
        """)
  }
}

import Results

/// An adversarial image beside its original and the magnified difference, with the verdict on the file.
struct GalleryFigure {
  let item: GalleryItem
  let images: GalleryImages

  var markup: Markup {
    """
    <figure class="panel">\(pictures)
    <p><strong>\(item.trueClass)</strong>: \(item.predictedClean) → <strong>\(item.predictedAdversarial)</strong><br/>\
    <small>\(item.task) · \(MeasureKey.display(item.attack)), \(item.norm.symbol) \(item.epsilon.text)</small><br/>\(verdict)</p></figure>
    """
  }

  private var pictures: Markup {
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

  private var verdict: Markup {
    switch item.onGrid {
    case true?: "<small class=\"bad\">✓ fools it as a file</small>"
    case false?: "<small class=\"good\">✗ does not fool it as a file</small>"
    case nil: "<small>not scored again as a file</small>"
    }
  }
}

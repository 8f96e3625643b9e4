extension Page {
  /// The whole page. Its policy lets a browser load nothing, whatever names from a file contain.
  var html: HTML {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="generator" content="\(generator)">
    <title>\(kicker): \(subject)</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <main>
    <header>
    <p class="kicker">\(kicker)</p>
    <h1>\(subject)</h1>
    <p class="verdict \(verdict.kind)">\(verdict.word)</p>
    <ul class="figures">
    \(figures.map(\.html))
    </ul>
    </header>
    \(sections.map(\.html))
    <section>
    <h2>Details</h2>
    \(facts.html)
    </section>
    <footer>\(generator)</footer>
    </main>
    </body>
    </html>

    """
  }
}

extension Page.Figure {
  fileprivate var html: HTML {
    "<li><b>\(value.linked(to: anchor))</b><span>\(label)</span></li>"
  }
}

extension Page.Fact {
  fileprivate var html: HTML { "<div><dt>\(term)</dt><dd>\(meaning)</dd></div>" }
}

extension [Page.Fact] {
  fileprivate var html: HTML { "<dl>\n\(map(\.html))\n</dl>" }
}

extension String {
  /// The text, as a link if there is something to jump to.
  fileprivate func linked(to anchor: String?) -> HTML {
    guard let anchor else { return "\(self)" }
    return "<a href=\"#\(anchor)\">\(self)</a>"
  }
}

extension Page.Section {
  fileprivate var html: HTML {
    let texts: [HTML] = paragraphs.map { "<p>\($0)</p>" }
    let plots = [barPlot?.html, heatMap?.html, rangePlot?.html].compactMap(\.self)
    return """
      <section>
      <h2>\(heading)</h2>
      \(texts + plots + tables.map(\.html) + (facts.isEmpty ? [] : [facts.html]))
      </section>
      """
  }
}

extension Table {
  /// The region can be scrolled by keyboard if the table is wider than the screen.
  fileprivate var html: HTML {
    """
    <details\(isOpen ? " open" : "")>
    <summary>\(caption)</summary>
    <div class="scroll" role="region" aria-label="\(caption)" tabindex="0">
    <table>
    <thead><tr>\(inline: columns.map { "<th scope=\"col\">\($0)</th>" })</tr></thead>
    <tbody>
    \(rows.map(\.html))
    </tbody>
    </table>
    </div>
    </details>
    """
  }
}

extension Table.Row {
  fileprivate var html: HTML {
    "<tr><th scope=\"row\">\(name.linked(to: anchor))</th>\(inline: cells.map { "<td>\($0)</td>" })</tr>"
  }
}

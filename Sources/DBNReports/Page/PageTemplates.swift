import Mustache

/// The Mustache templates of reports. They are strings in the program, so that it needs no other
/// files.
enum PageTemplates {
  static let page = "page"

  static func library() throws -> MustacheLibrary {
    var library = MustacheLibrary()
    try library.register(pageTemplate, named: page)
    try library.register(sectionTemplate, named: "section")
    try library.register(barPlotTemplate, named: "bar-plot")
    try library.register(heatMapTemplate, named: "heat-map")
    try library.register(rangePlotTemplate, named: "range-plot")
    try library.register(tableTemplate, named: "table")
    return library
  }

  /// The policy lets a browser load nothing, whatever names from a file contain.
  private static let pageTemplate = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="generator" content="{{generator}}">
    <title>{{kicker}}: {{subject}}</title>
    <style>
    {{{style}}}
    </style>
    </head>
    <body>
    <main>
    <header>
    <p class="kicker">{{kicker}}</p>
    <h1>{{subject}}</h1>
    <p class="verdict {{verdict.kind}}">{{verdict.word}}</p>
    <ul class="figures">
    {{#figures}}
    <li><b>{{figureValue}}</b><span>{{figureLabel}}</span></li>
    {{/figures}}
    </ul>
    </header>
    {{#sections}}
    {{>section}}
    {{/sections}}
    <section>
    <h2>Details</h2>
    <dl>
    {{#facts}}
    <div><dt>{{term}}</dt><dd>{{meaning}}</dd></div>
    {{/facts}}
    </dl>
    </section>
    <footer>{{generator}}</footer>
    </main>
    </body>
    </html>

    """

  private static let sectionTemplate = """
    <section>
    <h2>{{heading}}</h2>
    {{#paragraphs}}
    <p>{{.}}</p>
    {{/paragraphs}}
    {{#barPlot}}
    {{>bar-plot}}
    {{/barPlot}}
    {{#heatMap}}
    {{>heat-map}}
    {{/heatMap}}
    {{#rangePlot}}
    {{>range-plot}}
    {{/rangePlot}}
    {{#table}}
    {{>table}}
    {{/table}}
    </section>

    """

  /// The region can be scrolled by keyboard if the table is wider than the screen.
  private static let tableTemplate = """
    <details{{#isOpen}} open{{/isOpen}}>
    <summary>{{caption}}</summary>
    <div class="scroll" role="region" aria-label="{{caption}}" tabindex="0">
    <table>
    <thead><tr>{{#columns}}<th scope="col">{{.}}</th>{{/columns}}</tr></thead>
    <tbody>
    {{#tableRows}}
    <tr><th scope="row">{{rowName}}</th>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/tableRows}}
    </tbody>
    </table>
    </div>
    </details>

    """
}

import DBNTensors

/// The content of a report, whose HTML is in `Page+HTML.swift`.
struct Page: Sendable {
  /// The answer in a few words, and its style.
  struct Verdict: Sendable {
    enum Kind: String, Sendable {
      case good
      case bad
      case neutral
    }

    let word: String
    let kind: String

    init(_ word: String, _ kind: Kind) {
      self.word = word
      self.kind = kind.rawValue
    }
  }

  /// A key figure, shown in large letters.
  struct Figure: Sendable {
    let value: String
    let label: String
    /// The place in the page that it is a link to.
    let anchor: String?

    init(_ value: String, _ label: String, anchor: String? = nil) {
      self.anchor = anchor
      self.value = value.visible(limit: 24)
      self.label = label.visible(limit: 60)
    }
  }

  /// A line in the details.
  struct Fact: Sendable {
    let term: String
    let meaning: String

    init(_ term: String, _ meaning: String, limit: Int = 400) {
      self.term = term
      self.meaning = meaning.visible(limit: limit)
    }
  }

  struct Section: Sendable {
    let heading: String
    /// The text, one string for each paragraph.
    var paragraphs: [String] = []
    var barPlot: BarPlot?
    var heatMap: HeatMap?
    var rangePlot: RangePlot?
    var tables: [Table] = []
    var facts: [Fact] = []
  }

  /// The kind of report.
  let kicker: String
  /// The subject of the report.
  let subject: String
  let verdict: Verdict
  /// The key figures, at most four.
  let figures: [Figure]
  var facts: [Fact]
  let sections: [Section]
  let generator = "dbn-convert \(Toolkit.version)"
}

/// A table: the first cell of each row is the row's name.
struct Table: Sendable {
  struct Row: Sendable {
    let name: String
    let cells: [String]
    /// The place in the page that the name is a link to.
    let anchor: String?

    init(_ name: String, _ cells: [String], anchor: String? = nil) {
      self.anchor = anchor
      self.name = name
      self.cells = cells
    }
  }

  let caption: String
  /// Whether it is initially unfolded, because no plot shows the same.
  let isOpen: Bool
  let columns: [String]
  let rows: [Row]

  init(_ caption: String, isOpen: Bool = false, columns: [String], rows: [Row]) {
    self.caption = caption
    self.isOpen = isOpen
    self.columns = columns
    self.rows = rows
  }
}

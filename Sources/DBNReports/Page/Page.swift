import DBNTensors

/// What a report says, as its template reads it: the names of properties are those of its tags.
///
/// A tag looks for its name in the values around, too: so no two of these types that are nested in
/// each other have a property of the same name, unless both always have a value.
struct Page: Sendable {
  /// The answer in a word, and how it is to look.
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

  /// A number that says much, in large letters.
  struct Figure: Sendable {
    let figureValue: String
    let figureLabel: String

    init(_ value: String, _ label: String) {
      figureValue = value.visible(limit: 24)
      figureLabel = label.visible(limit: 60)
    }
  }

  /// A line of the details.
  struct Fact: Sendable {
    let term: String
    let meaning: String

    init(_ term: String, _ meaning: String) {
      self.term = term
      self.meaning = meaning.visible(limit: 400)
    }
  }

  struct Section: Sendable {
    let heading: String
    /// Sentences, a paragraph each.
    var paragraphs: [String] = []
    var barPlot: BarPlot?
    var heatMap: HeatMap?
    var rangePlot: RangePlot?
    var table: Table?
  }

  /// What kind of report it is.
  let kicker: String
  /// What it is about.
  let subject: String
  let verdict: Verdict
  /// At most four.
  let figures: [Figure]
  let facts: [Fact]
  let sections: [Section]
  let style = PageTemplates.style
  let generator = "dbn-convert \(Toolkit.version)"
}

/// A table: the first cell of each row is its name.
struct Table: Sendable {
  struct Row: Sendable {
    let rowName: String
    let cells: [String]

    init(_ name: String, _ cells: [String]) {
      rowName = name
      self.cells = cells
    }
  }

  let caption: String
  /// Unfolded from the start: where no plot shows the same.
  let isOpen: Bool
  let columns: [String]
  let tableRows: [Row]

  init(_ caption: String, isOpen: Bool = false, columns: [String], rows: [Row]) {
    self.caption = caption
    self.isOpen = isOpen
    self.columns = columns
    tableRows = rows
  }
}
